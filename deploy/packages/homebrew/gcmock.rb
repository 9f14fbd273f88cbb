# Formula of a tap. `.ci/release packages` fills in what stands between @ signs, from the archives of a release.
class Gcmock < Formula
  desc "Local mock of Genesys Cloud with its rate limits"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "@DOWNLOADS@/gcmock-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256:aarch64-apple-darwin.tar.gz@"
    end
    on_intel do
      url "@DOWNLOADS@/gcmock-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256:x86_64-apple-darwin.tar.gz@"
    end
  end

  on_linux do
    on_arm do
      url "@DOWNLOADS@/gcmock-@VERSION@-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256:aarch64-unknown-linux-gnu.tar.gz@"
    end
    on_intel do
      url "@DOWNLOADS@/gcmock-@VERSION@-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256:x86_64-unknown-linux-gnu.tar.gz@"
    end
  end

  def install
    bin.install "gcmock"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/gcmock.bash" => "gcmock"
    zsh_completion.install "completions/gcmock.zsh" => "_gcmock"
    fish_completion.install "completions/gcmock.fish"
    pkgshare.install "limits.toml", "limits.schema.json", "examples", "deploy"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/gcmock --version")
    system bin/"gcmock", "run", "--", "true"
  end
end

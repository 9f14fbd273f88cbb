# Stands in for Homebrew: reads a formula and has it install from the folder of a release.
#
#   ruby formula.rb FORMULA FOLDER VERSION
#
# Ends with 1 if a URL or checksum is not as a release has it, or a file that the formula installs is not in the folder.
PROGRAM, FOLDER, VERSION = ARGV

class Place
  def install(*files)
    names = files.flatten.flat_map { |file| file.is_a?(Hash) ? file.keys : [file] }
    abort "the formula installs nothing in a place" if names.empty?
    names.each { |name| abort "#{name} is not in a release" unless File.exist?(name) }
  end
end

class Formula
  class << self
    attr_reader :downloads

    %i[desc homepage license test].each { |name| define_method(name) { |*| } }
    %i[on_macos on_linux on_arm on_intel].each { |name| define_method(name) { |&block| block.call } }

    def version(text) = text == VERSION || abort("the version is #{text}")
    def url(text) = (@downloads ||= []) << [text]
    def sha256(text) = @downloads.last << text
  end

  %i[bin man1 bash_completion zsh_completion fish_completion pkgshare].each { |name| define_method(name) { Place.new } }
end

load PROGRAM
Gcmock.downloads.each do |url, checksum|
  abort "#{url} is not an archive of a release" unless url =~ %r{/releases/download/v#{Regexp.escape(VERSION)}/gcmock-#{Regexp.escape(VERSION)}-[a-z0-9_-]+\.tar\.gz\z}
  abort "#{checksum} is not a checksum" unless checksum =~ /\A[0-9a-f]{64}\z/
end
abort "#{Gcmock.downloads.size} archives instead of 4" unless Gcmock.downloads.uniq.size == 4
Dir.chdir(FOLDER) { Gcmock.new.install }

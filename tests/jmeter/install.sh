#!/bin/sh
# Installs Apache JMeter 5.6.3 and the plugins of the test plans from their official Maven artifacts into DIR and prints the path of its launcher.
# A second call finds the first one's work and only checks it. Needs a network the first time, and java 8 or later.
set -eu

VERSION=5.6.3
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
mkdir -p "$1"
HOME_DIR=$(cd "$1" && pwd)/apache-jmeter-$VERSION
LAUNCHER=$HOME_DIR/bin/jmeter

# Debian's packages, where a machine is Debian and we may install; elsewhere it is said what is missing.
need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 && return 0
    command -v apt-get >/dev/null 2>&1 || { echo "$0: $1 is missing" >&2; exit 1; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$2" >&2 || {
        apt-get update -q >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$2" >&2
    }
}

PLUGINS="jmeter-websocket-samplers-1.3.1 jmeter-plugins-wsc-0.7 jmeter-parallel-0.12 jmeter-plugins-cmn-jmeter-0.6"
has_plugins() { for plugin in $PLUGINS; do [ -f "$HOME_DIR/lib/ext/$plugin.jar" ] || return 1; done; }
works() { has_plugins && "$LAUNCHER" --version -j /dev/null 2>/dev/null | grep -q "$VERSION"; }

need java default-jre-headless
need python3 python3
if [ -x "$LAUNCHER" ] && works; then
    echo "$LAUNCHER"
    exit 0
fi
need mvn maven

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
{
    echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>gcmock.rehearsal</groupId><artifactId>jmeter</artifactId><version>1</version>'
    echo '<packaging>pom</packaging><dependencies>'
    for artifact in ApacheJMeter ApacheJMeter_core ApacheJMeter_http ApacheJMeter_components \
        ApacheJMeter_functions ApacheJMeter_java ApacheJMeter_config; do
        echo "<dependency><groupId>org.apache.jmeter</groupId><artifactId>$artifact</artifactId><version>$VERSION</version></dependency>"
    done
    # The plugins, without what they were compiled against: JMeter is there.
    for plugin in net.luminis.jmeter:jmeter-websocket-samplers:1.3.1 com.blazemeter:jmeter-plugins-wsc:0.7 \
        com.blazemeter:jmeter-parallel:0.12 kg.apc:jmeter-plugins-cmn-jmeter:0.6; do
        echo "$plugin" | sed 's|\(.*\):\(.*\):\(.*\)|<dependency><groupId>\1</groupId><artifactId>\2</artifactId><version>\3</version>|'
        echo '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>'
    done
    echo '</dependencies></project>'
} >"$WORK/pom.xml"
mvn -q -B -f "$WORK/pom.xml" dependency:copy-dependencies -DoutputDirectory="$WORK/jars" >&2

# The layout that JMeter's own launcher expects: itself in bin, its parts in lib/ext, all else in lib.
rm -rf "$HOME_DIR"
mkdir -p "$HOME_DIR/bin" "$HOME_DIR/lib/ext" "$HOME_DIR/lib/junit"
mv "$WORK/jars/ApacheJMeter-$VERSION.jar" "$HOME_DIR/bin/ApacheJMeter.jar"
mkdir "$WORK/config"
(cd "$WORK/config" && python3 -m zipfile -e "$WORK/jars/ApacheJMeter_config-$VERSION.jar" .)
cp -R "$WORK/config/bin/." "$HOME_DIR/bin/"
for plugin in $PLUGINS; do mv "$WORK/jars/$plugin.jar" "$HOME_DIR/lib/ext/"; done
mv "$WORK"/jars/ApacheJMeter_*.jar "$HOME_DIR/lib/ext/"
mv "$WORK"/jars/*.jar "$HOME_DIR/lib/"

# The artifacts carry no launcher. The modules opened are those that JMeter's own script opens for Java 9 and later.
cat >"$LAUNCHER" <<'EOF'
#!/bin/sh
home=$(cd "$(dirname "$0")/.." && pwd)
opens=
for package in java.base/java.lang java.base/java.lang.invoke java.base/java.lang.reflect java.base/java.text \
    java.base/java.util java.base/java.util.concurrent java.desktop/java.awt.font java.desktop/javax.swing \
    java.desktop/javax.swing.text.html java.desktop/sun.awt; do
    opens="$opens --add-opens $package=ALL-UNNAMED"
done
exec java ${JVM_ARGS:--Xms256m -Xmx512m} $opens -jar "$home/bin/ApacheJMeter.jar" "$@"
EOF
chmod +x "$LAUNCHER"
works || { echo "$0: the JMeter just installed does not tell its version" >&2; exit 1; }
echo "$LAUNCHER"

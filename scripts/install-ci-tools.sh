#!/usr/bin/env bash
# Install what the obligatory checks need beyond Python, on Debian or Ubuntu; what is there already is left alone.
#
#   java, mvn        to run a real Apache Kafka    packages default-jre-headless, maven
#   openssl          to sign its certificates      package openssl
#   chromium         to look at the page           package chromium
#   docker-compose   to check docker-compose.yml   package docker-compose; no engine is needed
#   kubectl          to check ops/kubernetes       package kubernetes-client; no cluster is needed
#   node, npm        to check AsyncAPI documents   packages nodejs, npm; the parser and the schemas come from the npm
#                    and Kubernetes objects        registry, into .cache/ci-tools/node_modules
#   clients          MLflow, KServe, schemathesis  from requirements/clients.lock, into .cache/ci-tools/clients
#   promtool, prometheus, amtool, prometheus-alertmanager
#                    to check metrics and rules, and to see alerts arrive: from the packages prometheus and
#                                                  prometheus-alertmanager, into .cache/ci-tools/bin: the packages
#                                                  would start servers, so they are unpacked, not installed
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$PWD/.cache/ci-tools
export PATH=$tools/bin:$PATH

scripts/install-clients.sh "$tools/clients"

has() { command -v "$1" >/dev/null; }

packages=()
has java || packages+=(default-jre-headless)
has mvn || packages+=(maven)
has chromium || packages+=(chromium)
has docker-compose || packages+=(docker-compose)
has kubectl || packages+=(kubernetes-client)
has openssl || packages+=(openssl)
has node || packages+=(nodejs)
has npm || packages+=(npm)
unpacked=(promtool prometheus amtool prometheus-alertmanager)
templates=/usr/share/prometheus/alertmanager # Debian's Alertmanager reads them there and nowhere else
has_unpacked() { for tool in "${unpacked[@]}"; do has "$tool" || return 1; done; [ -d "$templates" ]; }

install_packages() {
  if ! has apt-get; then
    echo "scripts/install-ci-tools.sh knows apt-get only, got none on PATH: install ${packages[*]} ${unpacked[*]} by hand" >&2
    exit 2
  fi
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)

  "${as_root[@]}" apt-get update -qq
  if [ ${#packages[@]} -gt 0 ]; then
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
  fi
  if ! has_unpacked; then
    mkdir -p "$tools/bin"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    (cd "$scratch" && apt-get download -qq -o APT::Sandbox::User="$(id -un)" prometheus prometheus-alertmanager)
    for package in "$scratch"/*.deb; do dpkg-deb -x "$package" "$scratch/unpacked"; done
    for tool in "${unpacked[@]}"; do install -m 755 "$scratch/unpacked/usr/bin/$tool" "$tools/bin/$tool"; done
    "${as_root[@]}" install -Dm 644 -t "$templates" "$scratch/unpacked$templates"/*.tmpl
  fi
}

if [ ${#packages[@]} -gt 0 ] || ! has_unpacked; then
  install_packages
fi
modules=(
  @asyncapi/parser@3.6.6
  kubernetes-models@5.1.0
  @kubernetes-models/prometheus-operator@6.0.0
  @kubernetes-models/strimzi-kafka-operator@1.0.1
)
for module in "${modules[@]}"; do
  if [ ! -d "$tools/node_modules/${module%@*}" ]; then
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$tools" "${modules[@]}"
    break
  fi
done

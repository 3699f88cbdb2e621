#!/usr/bin/env bash
# Mesa's lavapipe with shader-f16, on Debian 12: from backports, for bookworm's own is too old for Dawn.
# Exits with 1 where it is not to be had: no root, another system, no network.
set -euo pipefail

lists=/etc/apt/sources.list.d
if ! grep -qs bookworm-backports "$lists"/* /etc/apt/sources.list; then
  if [ -f "$lists/debian.sources" ]; then
    sed -n '/^Types/,/^$/p' "$lists/debian.sources" | sed '/^$/q' |
      sed 's/^Suites:.*/Suites: bookworm-backports/' > "$lists/backports.sources"
  else
    sed -n 's/^\(deb .*\) bookworm main.*/\1 bookworm-backports main/p' /etc/apt/sources.list |
      head -n 1 > "$lists/backports.list"
  fi
fi
apt-get update -qq
apt-get install -qq -y --no-install-recommends -t bookworm-backports mesa-vulkan-drivers libvulkan1

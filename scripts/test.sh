#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs missing packages, builds, and runs every test. The last line is the summary.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --tests
exec scripts/run_tests.sh

#!/bin/sh
# Puts the dashboards into a Grafana that runs, over its HTTP API. Once more is no harm: each has an address (uid) of its own, and
# what is there under it is replaced.
set -eu

usage() {
  cat <<'TEXT'
Usage: GRAFANA_TOKEN=... deploy/grafana/import.sh [FILE.json ...]

Imports the dashboards beside this script, or those named.

  GRAFANA_URL          where Grafana is                  [default: http://127.0.0.1:3000]
  GRAFANA_TOKEN        token of a service account with the role Editor; or, instead of it,
  GRAFANA_USER, GRAFANA_PASSWORD
  GRAFANA_FOLDER_UID   the folder's uid, made when absent [default: openqoe]
  GRAFANA_FOLDER       its title                          [default: OpenQoE]
  OPENQOE_CONSOLE_URL  where links lead to the console    [default: http://127.0.0.1:8889]
TEXT
}

fail() {
  echo "import.sh: $*" >&2
  exit 1
}

case "${1:-}" in
-h | --help)
  usage
  exit 0
  ;;
esac

command -v curl >/dev/null || fail "curl is needed"

url=${GRAFANA_URL:-http://127.0.0.1:3000}
url=${url%/}
folder=${GRAFANA_FOLDER_UID:-openqoe}
title=${GRAFANA_FOLDER:-OpenQoE}
console=${OPENQOE_CONSOLE_URL:-http://127.0.0.1:8889}
console=${console%/}
here=$(cd "$(dirname "$0")" && pwd)
answer=$(mktemp)
body=$(mktemp)
trap 'rm -f "$answer" "$body"' EXIT

case "$folder$title$console" in
*[\"\\\|\&]*) fail "folder, title and console may not hold any of \" \\ | &" ;;
esac

# Secrets go to curl on its standard input: the list of processes shows arguments to everybody.
credentials() {
  if [ -n "${GRAFANA_TOKEN:-}" ]; then
    printf 'header = "Authorization: Bearer %s"\n' "$GRAFANA_TOKEN"
  elif [ -n "${GRAFANA_USER:-}" ] && [ -n "${GRAFANA_PASSWORD:-}" ]; then
    printf 'user = "%s:%s"\n' "$GRAFANA_USER" "$GRAFANA_PASSWORD"
  else
    fail "who asks? Set GRAFANA_TOKEN to the token of a service account with the role Editor
(Administration, Users and access, Service accounts), or GRAFANA_USER and GRAFANA_PASSWORD."
  fi
}

# request METHOD PATH [BODY_FILE]: the status goes to standard output, the body to $answer.
request() {
  credentials | curl --config - --silent --show-error --max-time 30 --output "$answer" \
    --write-out '%{http_code}' --request "$1" --header 'Content-Type: application/json' \
    ${3:+--data-binary "@$3"} "$url$2" || fail "no answer from $url. Is GRAFANA_URL right?"
}

explain() {
  case "$1" in
  401) fail "$2: Grafana does not know the token or the password (401)." ;;
  403) fail "$2: the role Editor is needed for that (403)." ;;
  *) fail "$2: Grafana answered $1: $(cat "$answer")" ;;
  esac
}

credentials >/dev/null

status=$(request GET "/api/folders/$folder")
case "$status" in
200) ;;
404)
  printf '{"uid":"%s","title":"%s"}' "$folder" "$title" >"$body"
  status=$(request POST /api/folders "$body")
  [ "$status" = 200 ] || explain "$status" "folder $title"
  echo "made the folder $title"
  ;;
*) explain "$status" "folder $title" ;;
esac

[ $# -gt 0 ] || set -- "$here"/*.json
for file in "$@"; do
  [ -r "$file" ] || fail "$file cannot be read"
  {
    printf '{"folderUid":"%s","overwrite":true,"message":"import.sh","dashboard":' "$folder"
    sed "s|http://127.0.0.1:8889|$console|g" "$file"
    printf '}'
  } >"$body"
  status=$(request POST /api/dashboards/db "$body")
  [ "$status" = 200 ] || explain "$status" "$(basename "$file")"
  path=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$answer")
  echo "$(basename "$file" .json): $url$path"
done

# need COMMAND:PACKAGE ...: installs the packages whose command or file is missing, where that is allowed.
need() {
  missing=
  for pair in "$@"; do
    what=${pair%%:*}
    case $what in
      /*) [ -e "$what" ] || missing="$missing ${pair#*:}" ;;
      *) command -v "$what" >/dev/null 2>&1 || missing="$missing ${pair#*:}" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  root=
  [ "$(id -u)" = 0 ] || root="sudo -n"
  if command -v apt-get >/dev/null 2>&1 && $root true 2>/dev/null; then
    echo "installing$missing"
    $root apt-get update -q >/dev/null
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive $root apt-get install -q -y --no-install-recommends $missing >/dev/null
  else
    echo "please install$missing" >&2
    exit 1
  fi
}

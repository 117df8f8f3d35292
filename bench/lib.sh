# Sourced by the scripts of this folder: builds PushLab and the load generator; NO_BUILD=1 leaves that out.
# Sets pushlab (a command for --start) and load.
pushlab="samples/PushLab/bin/Release/net10.0/PushLab --port {port}"
load=apps/longwire-load/bin/Release/net10.0/longwire-load
if [ -z "${NO_BUILD:-}" ]; then
  dotnet build -c Release samples/PushLab -v quiet -nologo
  dotnet build -c Release apps/longwire-load -v quiet -nologo
fi

# What the lab's scripts share (docs/performance/lab.md). They source this file and call lab_begin "$@".
lab=bench/out/Lab/Lab
verdict=0      # the script's exit code
rows=()        # of the table
servers=()     # process ids to end at the end
in_client=()   # what measure runs under: ip netns exec NAME

# Reads [--duration Ns] [--rounds N] [FOLDER] into duration, seconds, rounds and folder, and builds the lab's server.
lab_begin() {
  duration=${duration:-10s} rounds=${rounds:-5} folder=
  while (($#)); do
    case $1 in
      --duration | --rounds) [ $# -ge 2 ] || lab_usage ;;&
      --duration) [[ $2 =~ ^[1-9][0-9]*s$ ]] || lab_usage; duration=$2; shift ;;
      --rounds) [[ $2 =~ ^[1-9][0-9]*$ ]] || lab_usage; rounds=$2; shift ;;
      -*) lab_usage ;;
      *) [ -z "$folder" ] || lab_usage; folder=$1 ;;
    esac
    shift
  done
  seconds=${duration%s}
  type -P jq >/dev/null || { echo "$0: needs jq (apt install jq)" >&2; exit 2; }
  if [ -z "$folder" ]; then folder=$(mktemp -d); fi
  mkdir -p "$folder"
  trap lab_end EXIT
  build_server Lab
  echo "results: $folder"
}

lab_usage() {
  echo "usage: $0 [--duration $duration] [--rounds $rounds] [FOLDER]" >&2
  exit 2
}

# Ends what serve started. Scripts with more to undo define lab_undo.
lab_end() {
  local pid
  for pid in "${servers[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
  wait
  if declare -F lab_undo >/dev/null; then lab_undo; fi
}

# build_server PROJECT: one of bench/servers, or samples/PushLab, to where start.sh looks for it.
build_server() {
  if [ -n "${NO_BUILD:-}" ]; then return; fi
  local project=bench/servers/$1
  if [ ! -d "$project" ]; then project=samples/$1; fi
  dotnet build -c Release "$project" -o "bench/out/$1" -v quiet -nologo >"$folder/build.txt" ||
    { cat "$folder/build.txt" >&2; exit 2; }
}

# serve LOG COMMAND...: starts a server and waits for its first line; server_pid is its process. Its environment may
# stand in front of serve.
serve() {
  local log=$1 i
  shift
  : >"$log" # the first look may come before the server's process
  "$@" >"$log" 2>&1 &
  server_pid=$!
  servers+=("$server_pid")
  for ((i = 0; i < 200; i++)); do
    if grep -q " on " "$log"; then return; fi
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.05
  done
  echo "$0: '$*' did not start:" >&2
  cat "$log" >&2
  exit 2
}

# address LOG [N]: the Nth address that a server printed.
address() {
  grep -oE '127\.0\.0\.1:[0-9]+' "$1" | sed -n "${2:-1}p"
}

# end_server PID: SIGTERM, and its end.
end_server() {
  kill -TERM "$1"
  wait "$1" || :
}

# measure FILE ARGUMENTS...: one run of longwire-load; its result goes to FILE.json, what it says to FILE.txt. A run
# that lost something makes the verdict bad; one without a result ends the script.
measure() {
  local file=$1
  shift
  rm -f "$file.json" # an earlier run's result is not this one's
  if "${in_client[@]}" "$load" "$@" --json "$file.json" >"$file.txt" 2>&1; then return; fi
  verdict=1
  if [ ! -s "$file.json" ]; then
    cat "$file.txt" >&2
    exit 2
  fi
  echo "$(basename "$file"): $(jq -c '.runs[0].counts' "$file.json")" >&2
}

# Metrics of a result, in jq.
# shellcheck disable=SC2016
metrics='def cpu: .runs[0] | .cpu.totalSeconds * 1e6 / .operations;
  def cores: .runs[0] | .cpu.totalSeconds / .seconds;
  def latency: .runs[0].latencyMicroseconds;
  def growth: .runs[0].series | map(.residentBytes) | max - .[0];
  def resident: .runs[0].memory.residentEndBytes;
  def rate: .runs[0] | .operations / .seconds;'

# alternate CASE...: calls run CASE FOLDER/CASE-N for every round N, forwards in odd rounds, backwards in even ones, so
# that what drifts with time favours nobody.
alternate() {
  local n i
  for ((n = 1; n <= rounds; n++)); do
    for ((i = 0; i < $#; i++)); do
      local place=$((n % 2 ? i + 1 : $# - i))
      echo "round $n of $rounds: ${!place}" >&2
      run "${!place}" "$folder/${!place}-$n"
    done
  done
}

# typical CASE METRIC: the median over the rounds. worst: the highest.
typical() { each "$1" "$2" | median; }
worst() { each "$1" "$2" | sort -g | tail -1; }

# ratio CASE BASE METRIC: the median of the paired ratios. excess: of the paired differences.
ratio() { paste <(each "$1" "$3") <(each "$2" "$3") | awk '{ print $1 / $2 }' | median; }
excess() { paste <(each "$1" "$3") <(each "$2" "$3") | awk '{ print $1 - $2 }' | median; }

each() {
  local n
  for ((n = 1; n <= rounds; n++)); do jq "$metrics $2" "$folder/$1-$n.json"; done
}

median() {
  sort -g | awk '{ v[NR] = $1 } END { if (!NR) print "nan"; else print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# row CELL...: one more row of the table. show prints the table as Markdown, for the docs.
row() {
  local IFS=$'\t'
  rows+=("$*")
}

show() {
  echo
  printf '%s\n' "${rows[@]}" | awk -F '\t' '{
    for (i = 1; i <= NF; i++) printf "| %s ", $i
    print "|"
    if (NR == 1) { for (i = 1; i <= NF; i++) printf "|---"; print "|" }
  }'
  rows=()
}

# number FORMAT VALUE [DIVISOR]
number() { awk -v f="$1" -v v="$2" -v d="${3:-1}" 'BEGIN { printf f, v / d }'; }

# goal WHAT VALUE LIMIT [FORMAT]: says whether a goal is met, and remembers if not.
goal() {
  local format=${4:-%.2f} met=met
  if ! [[ $2 =~ ^-?[0-9] ]] || ! awk -v v="$2" -v l="$3" 'BEGIN { exit !(v <= l) }'; then met=MISSED verdict=1; fi
  echo "$met: $1: $(number "$format" "$2"), goal ≤ $(number "$format" "$3")"
}

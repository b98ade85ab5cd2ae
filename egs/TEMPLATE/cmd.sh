# shellcheck shell=bash
# How jobs are started: on this machine by run.py (cmd_backend=local), or on a cluster by slurm.py with
# the options of conf/slurm.conf (cmd_backend=slurm). Any launcher with the grammar of Kaldi's run.pl
# can be named here instead.
cmd_backend="${cmd_backend:-local}"
case "${cmd_backend}" in
  local) launcher="run.py" ;;
  slurm) launcher="slurm.py --config conf/slurm.conf" ;;
  *)
    echo "cmd.sh: cmd_backend=${cmd_backend}: expected local or slurm" >&2
    exit 1
    ;;
esac
export dump_cmd="${launcher} --mem 2G"
export train_cmd="${launcher} --mem 8G --num-threads 2"
export infer_cmd="${launcher} --mem 8G --num-threads 2"
export probe_cmd="${launcher} --mem 4G"

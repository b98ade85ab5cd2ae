# How jobs are started. cmd_backend=local: by run.py on this machine; slurm: by slurm.py on a cluster,
# with the options of conf/slurm.conf. Anything that speaks the grammar of Kaldi's run.pl will do.
cmd_backend="${cmd_backend:-local}"
case "${cmd_backend}" in
  local) launcher="run.py" ;;
  slurm) launcher="slurm.py --config conf/slurm.conf" ;;
  *)
    echo "cmd.sh: cmd_backend=${cmd_backend}: expected local or slurm" >&2
    exit 1
    ;;
esac
dump_cmd="${launcher} --mem 2G"
train_cmd="${launcher} --mem 8G --num-threads 2"
infer_cmd="${launcher} --mem 8G --num-threads 2"
probe_cmd="${launcher} --mem 4G"

# How jobs are started. Anything that speaks the grammar of Kaldi's run.pl will do.
train_cmd="run.py"

"""From the waveform to features: on disk as ark/scp, in memory as the frame store."""

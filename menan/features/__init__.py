"""From the waveform to (frames, 43), on disk as ark/scp and in memory as the frame store."""

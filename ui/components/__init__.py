"""Parts that several screens show.

model_picker  chooses a run and a step
run_header    a run's name, status and progress
permission    who may change whose runs
"""

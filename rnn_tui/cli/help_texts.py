"""The texts of `--help` around the options: examples first, at most 80
columns.
"""

EXPLORE = """See inside a trained Keras recurrent model: its layers, its weights gate by
gate, its hidden and cell state moving over a sequence. TensorFlow isn't needed.

commands:
  MODEL                 open the explorer (without one: the start screen)
  layers MODEL          the layer table: shapes, parameters, formulas, totals
  weights MODEL         the weights of any layer in numbers, gate by gate
  trace MODEL           every gate, pre-activation and state at every timestep
  verify MODEL          the same run in Keras, and the differences
  diff MODEL OTHER      two models, or two sequences on one, side by side
  analyze MODEL         what it remembers, what saturates, what each unit is for
  lint MODEL            is it healthy: NaN, kernels never trained, dead units
  render MODEL          a view as a picture, a run as an animation
  samples               the bundled sample models
  config                where configuration and state are, what they hold
  completions SHELL     completion for bash, zsh or fish
  COMMAND --help        the options and examples of a command"""

SEQUENCE = """
a sequence (SEQ):
  0.1 0.2 0.3           3 timesteps of one feature (or one timestep of 3)
  "0.1 0.2; 0.3 0.1"    2 timesteps of 2 features
  [[0.1, 0.2], [3, 4]]  nested JSON lists; three levels are a batch
  4 7 8 4               token ids, for a model that starts with an Embedding
  onehot: 4 7 8         one-hot rows          text: hello   through --vocab FILE
  text: The movie!      for a model that begins with text, by its own vocabulary
  random:50:7           50 timesteps, seed 7  sine ramp impulse step zeros ones
  FILE                  .npy .npz .csv .tsv .json .txt, or - for standard input
  NAME=SEQ              one for each input of a model with several
"""

STATUS = """
exit status:
  0 done · 1 verify or diff found a difference, lint an error · 2 the request
  can't be met, one line says why · 70 an internal error · 130 interrupted
"""

ENVIRONMENT = """
environment:
  NO_COLOR              no colours at all
  LC_ALL, LANG          where the locale isn't UTF-8 all is drawn in ASCII
  COLORTERM=truecolor   24-bit colours where the terminal has them
  XDG_STATE_HOME        where reports of internal errors go
  RNN_TUI_CONFIG        the configuration file, instead of
                        $XDG_CONFIG_HOME/rnn-tui/config.toml
  RNN_TUI_FONT          the font's file that .png and .gif are drawn with
  RNN_TUI_STATE         the file in which the explorer keeps the theme, the last
                        30 files and the last 30 typed sequences (up to 4,000
                        characters each); /dev/null keeps nothing
"""

EXPLORE_EPILOG = f"""examples:
  rnn-tui brackets                      a bundled sample: it plays once
  rnn-tui model.h5
  rnn-tui lstm-notebook --view step
  rnn-tui model.keras --input sine:50 --play --fps 15
  rnn-tui ./layers                      a file that is named like a command
  rnn-tui state_dict.pt                 PyTorch's layers, on assumptions
  rnn-tui model.h5 --as lstm_1=LSTM     a custom class, run as Keras's LSTM
{SEQUENCE}{STATUS}{ENVIRONMENT}"""

LAYERS = (
    "The layer table: name, class, output shape, parameters, formula and "
    "totals."
)

LAYERS_EPILOG = f"""examples:
  rnn-tui layers model.h5
  rnn-tui layers model.h5 --format json | jq '.layers[].formula'
  rnn-tui layers model.keras -o layers.csv
{STATUS}"""

WEIGHTS = (
    "The weights gate by gate, and every other layer's arrays: shape, mean,\n"
    "deviation, extremes, norm, zeros."
)

WEIGHTS_EPILOG = f"""examples:
  rnn-tui weights model.h5
  rnn-tui weights model.h5 --layer lstm_1 --part recurrent_kernel
  rnn-tui weights model.h5 --layer lstm_1 --gate i --part kernel -o kernel_i.npy
  rnn-tui weights model.h5 --layer dense --part kernel -o dense.npy
  rnn-tui weights model.h5 -o weights.npz
                        every gate (LAYER/PART/GATE), every array (LAYER/ARRAY)
{STATUS}"""

TRACE = (
    "Run the model and show every gate, pre-activation and state at every "
    "timestep."
)

TRACE_EPILOG = f"""examples:
  rnn-tui trace model.h5 --input "0.1 0.2 0.3"
  rnn-tui trace model.h5 --input random:50 -o trace.npz
  rnn-tui trace model.h5 --input x.npy --layer lstm_1 --format csv > lstm_1.csv
  rnn-tui trace model.h5 --from lstm_1 --input random:20 -o trace.json
  rnn-tui trace model.h5 --as lstm_1=LSTM --input random:20
                        lstm_1 is of a custom class: run it as an LSTM
  rnn-tui trace brackets --set t=1:x
                        what if it had read x there: the run, and the change
  rnn-tui trace brackets --off lstm:2 --clamp lstm:f:3=1
                        a unit off, a gate clamped
{SEQUENCE}{STATUS}"""

VERIFY = (
    "The same run in TensorFlow/Keras: the largest difference for each layer."
)

VERIFY_EPILOG = f"""examples:
  rnn-tui verify model.h5
  rnn-tui verify model.keras --input sine:100 --tolerance 1e-6
  rnn-tui verify weights.h5 --config model.json
A file that Keras can't open is rebuilt in it from the configuration and the
arrays, and a line says so; code in a file is never run.
TensorFlow is needed for this alone: pip install 'rnn-tui[tensorflow]'
The modules of a file of PyTorch's are run by PyTorch itself where it is
installed: pip install 'rnn-tui[torch]'
{SEQUENCE}{STATUS}"""

DIFF = (
    "Two models of one architecture: weights gate by gate, and with a sequence\n"
    "states, gates and outputs. Or two sequences on one model,\n"
    "or a run with changes and the run without."
)

DIFF_EPILOG = f"""examples:
  rnn-tui diff epoch_1.keras epoch_9.keras
  rnn-tui diff before.h5 after.h5 --input x.npy --format json
  rnn-tui diff brackets --input "text: (x)" --against "text: (x("
  rnn-tui diff brackets --off lstm:2 --format json
                        a run with changes against the run without
{SEQUENCE}{STATUS}"""

ANALYZE = """The numbers behind the views, of one sequence: how long each layer
remembers, which gates saturate, what each unit goes together with, when the
last state was written, the prediction so far, the effect of each unit."""

ANALYZE_EPILOG = f"""examples:
  rnn-tui analyze model.h5 --input x.npy
  rnn-tui analyze counter --show units --column depth=depth.csv
  rnn-tui analyze model.h5 --input random:200 --show memory --format json
  rnn-tui analyze counter --off lstm:3 -o analysis.csv
  rnn-tui analyze counter --show effects --target "open[0]@10"
  rnn-tui analyze brackets --show influence --baseline token:x
The CSV has a row for each number: part, layer, measure, index (the unit, or the
rank, lag or timestep that the measure is counted by), value.
{SEQUENCE}{STATUS}"""

LINT = """Is the model healthy: values that are no numbers, recurrent kernels that
were never trained, a cell state that grows, units and outputs that never
change, masks that skip nothing or all. A spectral radius above 1 and saturated
gates are no faults and aren't reported."""

LINT_EPILOG = f"""examples:
  rnn-tui lint model.h5
  rnn-tui lint model.h5 --input x.npy --format json
The sequence decides what growth, constant units and masks are told of; the
outputs are compared over eight seeded random inputs. An error (NaN, infinity)
makes the exit status 1.
{SEQUENCE}{STATUS}"""

RENDER = """A view of the explorer as a picture (.svg, .png), or the run played in it
(.gif, .cast for asciinema), without a terminal."""

RENDER_EPILOG = f"""examples:
  rnn-tui render model.h5 --view states --input random:50 --at 20 -o states.svg
  rnn-tui render brackets --view states --size 160x48 -o brackets.gif
  rnn-tui render brackets --view output --off lstm:4 --at -1 -o without.svg
  rnn-tui render model.h5 --view weights --layer lstm_1 --theme light -o w.png
PNG and GIF need Pillow: pip install 'rnn-tui[images]', and a monospaced font
(DejaVu Sans Mono or another of the system's, or the file in RNN_TUI_FONT).
{SEQUENCE}{STATUS}"""

SAMPLES = "The bundled sample models: what to look at in each."

SAMPLES_EPILOG = f"""examples:
  rnn-tui samples
  rnn-tui samples --copy models/
  rnn-tui lstm-notebook                 open one
{STATUS}"""

CONFIG = (
    "Where the configuration file and the remembered state are, what they "
    "hold,\nand the ids of all keys."
)

CONFIG_EPILOG = f"""the file (TOML; what the command line says goes before it):
  theme = "light"           a theme's name
  fps = 15                  timesteps a second while playing
  [defaults]                of the command line: view, ascii, low_bandwidth,
  view = "states"           mouse, loop, play
  [keys]                    by id, as this command lists them
  play = ["p", "space"]
  view.states = "f3"

examples:
  rnn-tui config
  rnn-tui config --format json
{STATUS}"""

COMPLETIONS = "A script that completes commands, options, samples and files."

COMPLETIONS_EPILOG = """examples:
  eval "$(rnn-tui completions bash)"    in ~/.bashrc
  eval "$(rnn-tui completions zsh)"     in ~/.zshrc, after compinit
  rnn-tui completions fish > ~/.config/fish/completions/rnn-tui.fish
"""

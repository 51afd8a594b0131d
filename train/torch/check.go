package torch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Environment is what an interpreter has.
type Environment struct {
	Python   string            // path of the interpreter
	Version  string            // of Python
	Packages map[string]string // installed versions of the required packages
	GPUs     int               // that PyTorch can use; known only when GPUs were asked for
}

// Find chooses the interpreter: the one that is named (a path relative to dir, or a command), else that of a virtual environment .venv in dir
// or in the working directory, else python3 of the path.
func Find(named, dir string) (string, error) {
	if named != "" {
		if !filepath.IsAbs(named) && strings.ContainsRune(named, filepath.Separator) {
			named = filepath.Join(dir, named)
		}
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("there is no Python interpreter %s: %w", named, errors.Unwrap(err))
		}
		return path, nil
	}
	inside := filepath.Join(".venv", "bin", "python")
	if runtime.GOOS == "windows" {
		inside = filepath.Join(".venv", "Scripts", "python.exe")
	}
	for _, d := range []string{dir, "."} {
		path, err := filepath.Abs(filepath.Join(d, inside))
		if err != nil {
			continue
		}
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	for _, name := range []string{"python3", "python"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Python interpreter was found: neither .venv beside the recipe or in the working directory, nor python3 on the path")
}

// probe prints what Environment holds; importing torch takes seconds and happens only when GPUs are to be counted.
const probe = `
import json, sys, importlib.metadata as m
found = {}
for name in sys.argv[2:]:
    try:
        found[name] = m.version(name)
    except m.PackageNotFoundError:
        pass
gpus = 0
if int(sys.argv[1]) > 0 and "torch" in found:
    import torch
    gpus = torch.cuda.device_count()
print(json.dumps({"Version": sys.version.split()[0], "Packages": found, "GPUs": gpus}))
`

// Check says whether an interpreter can do what the options ask for, without loading a model. The error says what to install.
func Check(ctx context.Context, o Options) (Environment, error) {
	names, _ := Required()
	e := Environment{Python: o.Python}
	cmd := exec.CommandContext(ctx, o.Python, append([]string{"-c", probe, fmt.Sprint(o.GPUs)}, names...)...)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return e, fmt.Errorf("%s cannot be asked for its packages: %w\n%s", o.Python, err, lastLines(exit.Stderr, 3))
		}
		return e, fmt.Errorf("%s cannot be started: %w", o.Python, err)
	}
	if err := json.Unmarshal(out, &e); err != nil {
		return e, fmt.Errorf("%s gave an answer that is no JSON (%q): is it a Python interpreter?", o.Python, lastLines(out, 1))
	}
	e.Python = o.Python
	var missing []string
	for _, n := range names {
		if e.Packages[n] == "" {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		return e, fmt.Errorf("%s (Python %s) has no %s: %s", o.Python, e.Version, strings.Join(missing, ", "), install(o.Python))
	}
	if o.GPUs > e.GPUs {
		return e, fmt.Errorf("%d GPUs are asked for, but PyTorch %s of %s sees %d: lower train.gpus (0 takes a GPU where there is one), or install a PyTorch for this machine's GPUs and drivers", o.GPUs, e.Packages["torch"], o.Python, e.GPUs)
	}
	return e, nil
}

// install says how to get what is missing: into the environment that was found, or into a new one where the interpreter is the system's.
func install(python string) string {
	names, versions := Required()
	for i := range names {
		names[i] += "==" + versions[i]
	}
	list := strings.Join(names, " ")
	if strings.Contains(python, string(filepath.Separator)+".venv"+string(filepath.Separator)) {
		return fmt.Sprintf("install them with `%s -m pip install %s`", python, list)
	}
	return fmt.Sprintf("install them beside the recipe with `%s -m venv .venv && .venv/bin/pip install %s`, or name another interpreter with train.python", python, list)
}

// Differences lists the packages whose release (major.minor) is not the tested one.
func (e Environment) Differences() []string {
	var out []string
	names, versions := Required()
	for i, n := range names {
		if release(e.Packages[n]) != release(versions[i]) {
			out = append(out, fmt.Sprintf("%s %s (tested: %s)", n, e.Packages[n], versions[i]))
		}
	}
	return out
}

// release is major.minor of a version.
func release(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// lastLines is the end of a text.
func lastLines(text []byte, n int) string {
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

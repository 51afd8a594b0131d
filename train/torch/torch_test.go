package torch

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The versions that the engine asks for are those that the checks run with.
func TestRequirementsAreThoseOfTheChecks(t *testing.T) {
	data, err := os.ReadFile("../../bench/requirements-check.txt")
	if err != nil {
		t.Fatal(err)
	}
	names, versions := Required()
	if len(names) != 3 {
		t.Fatalf("%q", names)
	}
	for i, n := range names {
		if !bytes.Contains(data, []byte("\n"+n+"=="+versions[i]+"\n")) {
			t.Errorf("bench/requirements-check.txt has no %s==%s", n, versions[i])
		}
	}
}

// fake makes an interpreter of a shell script.
func fake(t *testing.T, script string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the stand-in for Python is a shell script")
	}
	path := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckSaysWhatIsMissingAndWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name, script string
		gpus         int
		want         []string
	}{
		{"nothing installed", `echo '{"Version":"3.12.1","Packages":{}}'`, 0, []string{"Python 3.12.1", "has no torch, transformers, peft", "pip install torch==", "train.python"}},
		{"no peft", `echo '{"Version":"3.12.1","Packages":{"torch":"2.13.0","transformers":"5.23.0"}}'`, 0, []string{"has no peft:", "peft=="}},
		{"too few GPUs", `echo '{"Version":"3.12.1","Packages":{"torch":"2.13.0","transformers":"5.23.0","peft":"0.21.2"},"GPUs":1}'`, 2, []string{"2 GPUs are asked for", "sees 1", "train.gpus"}},
		{"broken", `echo "ImportError: libtorch.so" >&2; exit 1`, 0, []string{"cannot be asked for its packages", "ImportError: libtorch.so"}},
		{"no Python at all", `echo hello`, 0, []string{"no JSON", "hello"}},
		{"good", `echo '{"Version":"3.12.1","Packages":{"torch":"2.13.0+cu130","transformers":"5.23.9","peft":"0.20.0"},"GPUs":2}'`, 2, nil},
	} {
		e, err := Check(t.Context(), Options{Python: fake(t, c.script), GPUs: c.gpus})
		if (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v\nshould say %q", c.name, err, w)
			}
		}
		if err == nil {
			if d := e.Differences(); len(d) != 1 || !strings.HasPrefix(d[0], "peft 0.20.0 (tested:") {
				t.Errorf("differences %q", d)
			}
		}
	}
}

func TestFindTakesTheEnvironmentBesideTheRecipe(t *testing.T) {
	dir := t.TempDir()
	python := filepath.Join(dir, ".venv", "bin", "python")
	if runtime.GOOS == "windows" {
		python = filepath.Join(dir, ".venv", "Scripts", "python.exe")
	}
	if err := os.MkdirAll(filepath.Dir(python), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(python, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := Find("", dir); err != nil || got != python {
		t.Errorf("%q, %v", got, err)
	}
	named, err := filepath.Rel(dir, python)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Find(named, dir); err != nil || got != python {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Find(filepath.Join("no", "such", "python"), dir); err == nil || !strings.Contains(err.Error(), "no Python interpreter") || !strings.Contains(err.Error(), filepath.Join("such", "python")) {
		t.Error(err)
	}
}

// A child that dies, answers nonsense or says what failed gives one error with what it said last.
func TestCallTellsHowAChildFailed(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         []string
	}{
		{"dies", `read line; echo "first words" >&2; echo "CUDA driver too old" >&2; exit 3`, []string{"exit status 3", "CUDA driver too old", "torch.log"}},
		{"says nothing", `read line; exit 0`, []string{"said nothing", "memory"}},
		{"killed", `kill -9 $$`, []string{"signal: killed"}},
		{"nonsense", `read line; echo "Hello"; read line`, []string{"no JSON", "Hello"}},
		{"an error", `read line; echo '{"error":"ValueError: odd"}'; read line`, []string{"PyTorch: ValueError: odd", "torch.log"}},
		{"GPU memory", `read line; echo '{"error":"OutOfMemoryError: 3 GiB","memory":true}'; read line`, []string{"too little memory", "train.batches.micro"}},
	} {
		p, err := Start(filepath.Join(t.TempDir(), "torch"), Options{Python: fake(t, c.script)}, 1)
		if err != nil {
			t.Fatal(err)
		}
		err = p.Call(t.Context(), map[string]string{"do": "setup"}, &struct{}{})
		for _, w := range c.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v\nshould say %q", c.name, err, w)
			}
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if again := p.Call(t.Context(), 1, &struct{}{}); again == nil {
			t.Errorf("%s: a child that has ended answered", c.name)
		}
	}
}

// A command in progress may finish after the run was cancelled, and Close ends a child that waits.
func TestCancelledCallsMayFinish(t *testing.T) {
	p, err := Start(t.TempDir(), Options{Python: fake(t, `read line; sleep 0.3; echo '{"n":4}'; read line; echo ended >&2`)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	var answer struct{ N int }
	if err := p.Call(ctx, 1, &answer); err != nil || answer.N != 4 {
		t.Errorf("%+v, %v", answer, err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if said := string(p.stderr.bytes()); said != "ended\n" {
		t.Errorf("the child was not left to end by itself: %q", said)
	}
}

// The script is Python that compiles.
func TestScriptCompiles(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("skipped: no python3 on the path")
	}
	cmd := exec.Command(python, "-c", "import ast, sys; ast.parse(sys.stdin.read())")
	cmd.Stdin = bytes.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

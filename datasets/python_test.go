package datasets

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// python runs a script of testdata with the interpreter of WINNOW_PYTHON, else of .venv at the repository's root, and returns what it prints. Without an
// interpreter that has the modules the test is skipped.
func python(t *testing.T, modules []string, script string, args ...string) []byte {
	t.Helper()
	exe := os.Getenv("WINNOW_PYTHON")
	if exe == "" {
		exe = filepath.Join("..", ".venv", "bin", "python")
		if abs, err := filepath.Abs(exe); err == nil {
			exe = abs
		}
	}
	if _, err := exec.LookPath(exe); err != nil {
		t.Skipf("skipped: no Python at %s (set WINNOW_PYTHON to one that has %v)", exe, modules)
	}
	for _, m := range modules {
		if err := exec.Command(exe, "-c", "import "+m).Run(); err != nil {
			t.Skipf("skipped: %s cannot import %s", exe, m)
		}
	}
	cmd := exec.Command(exe, append([]string{filepath.Join("testdata", script)}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, errs.String())
	}
	return out.Bytes()
}

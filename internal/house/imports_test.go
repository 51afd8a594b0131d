// Package house holds tests of the project's structure.
package house

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// level says how high a room stands: imports run downwards only.
var level = map[string]int{"cmd": 5, "pipeline": 4, "report": 4, "eval": 3, "filters": 2, "tokenize": 2, "train": 2, "datasets": 1, "internal": 0}

// forbidden lists imports that the levels allow and the house does not.
var forbidden = []struct{ from, to, why string }{
	{"report", "pipeline", "the report reads only the run folder"},
	{"report", "datasets", "the report reads only the run folder"},
	{"train", "tokenize", "training knows rows of token ids, not texts"},
	{"train", "filters", "training knows rows of token ids, not steps"},
	{"tokenize", "train", "tokens know nothing of training"},
	{"filters", "tokenize", "steps know rows, not tokens"},
	{"filters", "train", "steps know rows, not models"},
	{"pipeline", "github.com/apache/arrow/go/v17/parquet", "Parquet is read by parquet-go"},
	{"datasets", "github.com/apache/arrow/go/v17/parquet", "Parquet is read by parquet-go"},
}

// above may look at rooms over them: they gather what all rooms register.
var above = []string{"internal/catalogue", "internal/tools", "internal/house"}

func TestImportsRunOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "winnow/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	n := 0
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		n++
		check(t, p.ImportPath, p.Imports)
	}
	if n < 20 {
		t.Errorf("only %d packages were seen", n)
	}
}

func check(t *testing.T, path string, imports []string) {
	from := strings.TrimPrefix(path, "winnow/")
	for _, a := range above {
		if strings.HasPrefix(from, a) {
			return
		}
	}
	for _, i := range imports {
		for _, f := range forbidden {
			if room(from) == f.from && (strings.HasPrefix(i, f.to) || room(strings.TrimPrefix(i, "winnow/")) == f.to && strings.HasPrefix(i, "winnow/")) {
				t.Errorf("%s imports %s: %s", path, i, f.why)
			}
		}
		to, ours := strings.CutPrefix(i, "winnow/")
		if ours && room(to) != room(from) && level[room(to)] >= level[room(from)] {
			t.Errorf("%s imports %s: imports run from cmd through pipeline and the rooms to internal", path, i)
		}
	}
}

func room(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

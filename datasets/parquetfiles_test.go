package datasets

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"winnow/internal/shared"
)

// parquetFiles unpacks the collection of valid and broken files of the Parquet project.
func parquetFiles(t testing.TB) (dir string, names []string) {
	t.Helper()
	dir = t.TempDir()
	tr := tar.NewReader(bytes.NewReader(shared.Open(t, "formats/parquet-testing.tar.zst")))
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return dir, names
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg || path.Ext(h.Name) != ".parquet" {
			continue
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, filepath.FromSlash(path.Clean(h.Name)))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, path.Clean(h.Name))
	}
}

// rawTable is a file as its format reads it, before any mapping.
type rawTable struct {
	names []string
	rows  [][]any
	bad   []string
}

// readRaw reads a file with every column.
func readRaw(t testing.TB, file string) rawTable {
	t.Helper()
	cols := newColumns()
	s := NewSource("raw", file)
	sr := newShardReader(context.Background(), s, Shard{File: File{Path: file, Name: filepath.Base(file)}, End: -1}, cols)
	defer sr.Close()
	var out rawTable
	var r record
	for {
		err := sr.Next(&r)
		if err == io.EOF {
			out.names = cols.names
			return out
		}
		if err != nil {
			var row *rowError
			var broken *fileError
			if !errors.As(err, &row) && !errors.As(err, &broken) {
				t.Fatalf("%s: an error that is neither a row's nor a file's: %v", file, err)
			}
			out.bad = append(out.bad, err.Error())
			continue
		}
		row := make([]any, len(r.cells))
		for i, c := range r.cells {
			row[i] = plainCell(c)
		}
		out.rows = append(out.rows, row)
	}
}

func plainCell(c cell) any {
	switch c.kind {
	case nullCell:
		return nil
	case boolCell:
		return c.whole != 0
	case intCell:
		return float64(c.whole)
	case floatCell:
		if math.IsNaN(c.number) || math.IsInf(c.number, 0) {
			return strconv.FormatFloat(c.number, 'g', -1, 64)
		}
		return c.number
	case nestedCell:
		var v any
		if err := json.Unmarshal(c.text, &v); err != nil {
			return "bad JSON: " + err.Error()
		}
		return v
	case binaryCell:
		return map[string]any{"binary": string(c.text)}
	}
	return strings.Clone(string(c.text))
}

// TestParquetAgainstArrow compares every valid file with pyarrow's answer, and expects every broken one to be refused or to give what pyarrow gives.
func TestParquetAgainstArrow(t *testing.T) {
	dir, names := parquetFiles(t)
	var want map[string]struct {
		Error   string
		Rows    int
		Columns map[string]any
		Types   map[string]string
	}
	if err := json.Unmarshal(python(t, []string{"pyarrow"}, "read_parquet.py", dir), &want); err != nil {
		t.Fatal(err)
	}
	equal, refusedColumns, refusedFiles := 0, 0, 0
	for _, name := range names {
		got := readRaw(t, filepath.Join(dir, name))
		w := want[name]
		if len(got.bad) > 0 {
			refusedFiles++
			if w.Error == "" && !strings.HasPrefix(name, "bad_data/") {
				t.Logf("refused here, read by pyarrow: %s: %s", name, got.bad[0])
			}
			continue
		}
		if w.Error != "" {
			t.Logf("read here, refused by pyarrow: %s: %s", name, w.Error)
			continue
		}
		if len(got.rows) != w.Rows {
			t.Errorf("%s: %d rows, pyarrow has %d", name, len(got.rows), w.Rows)
			continue
		}
		for j, column := range got.names {
			list, ok := w.Columns[column].([]any)
			if !ok {
				t.Logf("%s: pyarrow has no values for column %q: %v", name, column, w.Columns[column])
				continue
			}
			differs := 0
			for i := range got.rows {
				a, b := got.rows[i][j], list[i]
				if m, ok := a.(map[string]any); ok && m["binary"] != nil {
					refusedColumns++
					differs = -1
					break
				}
				if text, ok := a.(string); ok && w.Types[column] == "timestamp[ns]" && (text > "2262" || strings.IndexByte(text, '-') > 4) {
					continue // beyond what 64 bits of nanoseconds hold: pyarrow's answer wraps around
				}
				x, _ := json.Marshal(a)
				y, _ := json.Marshal(b)
				if string(x) != string(y) {
					if differs++; differs <= 1 {
						t.Errorf("%s column %q (%s) row %d: %.200s, pyarrow %.200s", name, column, w.Types[column], i, x, y)
					}
				}
			}
			if differs == 0 {
				equal++
			}
		}
	}
	t.Logf("%d columns equal, %d refused by name, %d of %d files refused", equal, refusedColumns, refusedFiles, len(names))
}

// TestParquetBroken reads all files of the collection, whole and damaged, and wants no panic out of the package and no endless reading.
func TestParquetBroken(t *testing.T) {
	dir, names := parquetFiles(t)
	for _, name := range names {
		if strings.HasPrefix(name, "bad_data/") {
			got := readRaw(t, filepath.Join(dir, name))
			t.Logf("%s: %d rows, %q", name, len(got.rows), got.bad)
		}
	}
}

// Package shared finds the folder of shared test inputs (real data sets, golden vectors, tokenizer files). It is used by tests and by the
// targets that train what the project ships; no command reads it at run time.
package shared

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// EnvVar names the environment variable that says where the shared folder is.
const EnvVar = "WINNOW_SHARED"

// Path returns the shared folder and whether it exists: $WINNOW_SHARED, else `../shared` beside the repository's root.
func Path() (string, bool) {
	dir := os.Getenv(EnvVar)
	if dir == "" {
		_, file, _, _ := runtime.Caller(0)
		dir = filepath.Join(filepath.Dir(file), "..", "..", "..", "shared")
	} else if !filepath.IsAbs(dir) {
		_, file, _, _ := runtime.Caller(0)
		dir = filepath.Join(filepath.Dir(file), "..", "..", dir)
	}
	info, err := os.Stat(dir)
	return filepath.Clean(dir), err == nil && info.IsDir()
}

// Dir returns the shared folder, or skips the test and says why.
func Dir(t testing.TB) string {
	t.Helper()
	dir, ok := Path()
	if !ok {
		t.Skipf("skipped: the shared folder %s is absent (set %s to where it is)", dir, EnvVar)
	}
	return dir
}

// File returns the path of one shared file, or skips the test when the folder or the file is absent.
func File(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Dir(t), filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: the shared file %s is absent", path)
	}
	return path
}

// Open returns the whole content of a shared file, decompressed when its name ends in .zst or .gz.
func Open(t testing.TB, name string) []byte {
	t.Helper()
	data, err := Read(File(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Read returns the whole content of a file, decompressed when its name ends in .zst or .gz.
func Read(path string) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.HasSuffix(path, ".zst"):
		dec, err := zstd.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, err
		}
		defer dec.Close()
		return io.ReadAll(dec)
	case strings.HasSuffix(path, ".gz"):
		dec, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(dec)
	}
	return raw, nil
}

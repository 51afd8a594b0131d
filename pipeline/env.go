package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"winnow/datasets"
	"winnow/filters"
	"winnow/pipeline/recipe"
)

// environment is what steps and measures may know of the run. It remembers the digest of every file that they read.
type environment struct {
	recipe *recipe.Recipe

	mu       sync.Mutex
	digests  map[string]string // path as in the recipe → digest
	read     map[string]string // path on this machine → digest
	warnings []string
}

func newEnvironment(r *recipe.Recipe) *environment {
	return &environment{recipe: r, digests: map[string]string{}, read: map[string]string{}}
}

func (e *environment) Seed() uint64        { return e.recipe.Seed }
func (e *environment) Languages() []string { return e.recipe.Languages }

func (e *environment) Resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(e.recipe.Dir, path)
}

func (e *environment) ReadFile(path string) ([]byte, error) {
	data, raw, err := readWhole(e.Resolve(path))
	if err != nil {
		return nil, err
	}
	e.note(path, e.Resolve(path), digestBytes(raw))
	return data, nil
}

func (e *environment) note(name, path, digest string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.digests[name], e.read[path] = digest, digest
}

// unchanged reports whether files are still what an earlier run has read of them: path → digest.
func unchanged(files map[string]string) bool {
	for path, want := range files {
		var got string
		if strings.HasPrefix(want, "sha256:") {
			raw, err := os.ReadFile(path)
			if err != nil {
				return false
			}
			got = digestBytes(raw)
		} else {
			info, err := os.Stat(path)
			if err != nil {
				return false
			}
			if got, err = datasets.Digest(datasets.File{Path: path, Name: path, Bytes: info.Size()}); err != nil {
				return false
			}
		}
		if got != want {
			return false
		}
	}
	return true
}

// inputs lists the files read so far with their digests, by name.
func (e *environment) inputs() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]string, 0, len(e.digests))
	for path, d := range e.digests {
		out = append(out, path+" "+d)
	}
	sort.Strings(out)
	return out
}

func (e *environment) Warn(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.warnings = append(e.warnings, fmt.Sprintf(format, args...))
}

// Rows reads every row of the files that match pattern, in any readable format.
func (e *environment) Rows(ctx context.Context, pattern string) iter.Seq2[*filters.Row, error] {
	return func(yield func(*filters.Row, error) bool) {
		opened, err := datasets.OpenSource(ctx, datasets.NewSource(pattern, pattern), e.recipe.Dir)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, f := range filesOf(opened.Shards) {
			digest, err := datasets.Digest(f)
			if err != nil {
				yield(nil, err)
				return
			}
			e.note(f.Name, f.Path, digest)
		}
		rowsOf(ctx, opened, yield)
	}
}

// rowsOf yields the rows of opened files in order; one that cannot be read is an error.
func rowsOf(ctx context.Context, opened *datasets.Opened, yield func(*filters.Row, error) bool) {
	rows := filters.NewRows(opened.Schema)
	for b, err := range opened.Read(ctx, datasets.ReadOptions{}) {
		if err != nil {
			yield(nil, err)
			return
		}
		rows.Load(b)
		for j := range b.Refs {
			if !yield(rows.At(b, j), nil) {
				b.Release()
				return
			}
		}
		b.Release()
	}
}

// filesOf lists the different files of shards, in order.
func filesOf(shards []datasets.Shard) []datasets.File {
	var out []datasets.File
	seen := map[string]bool{}
	for _, s := range shards {
		for _, f := range s.Files() {
			if !seen[f.Path] {
				seen[f.Path] = true
				out = append(out, f)
			}
		}
	}
	return out
}

func digestBytes(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// readWhole reads a file, decompressed when its name ends in .gz or .zst.
func readWhole(path string) (data, raw []byte, err error) {
	if raw, err = os.ReadFile(path); err != nil {
		return nil, nil, err
	}
	var in io.Reader
	switch {
	case strings.HasSuffix(path, ".gz"):
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		in = z
	case strings.HasSuffix(path, ".zst"):
		z, err := zstd.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		defer z.Close()
		in = z
	default:
		return raw, raw, nil
	}
	if data, err = io.ReadAll(in); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, raw, nil
}

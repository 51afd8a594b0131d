package pipeline

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"winnow/datasets"
	"winnow/filters"
)

// Rows reads every row of files in any readable format; base is where relative paths start. A row is valid until the next.
func Rows(ctx context.Context, base string, paths ...string) iter.Seq2[*filters.Row, error] {
	return func(yield func(*filters.Row, error) bool) {
		opened, err := datasets.OpenSource(ctx, datasets.NewSource(filepath.Base(paths[0]), paths...), base)
		if err != nil {
			yield(nil, err)
			return
		}
		rowsOf(ctx, opened, yield)
	}
}

// RunFiles lists the data files of a run folder: those of a split ("" for all), or those of the dropped rows of a step ("" for all).
func RunFiles(dir, split string, dropped bool, step string) ([]string, error) {
	pattern := filepath.Join(dir, "data", "*.parquet")
	if split != "" {
		pattern = filepath.Join(dir, "data", split+"-*.parquet")
	}
	if dropped {
		pattern = filepath.Join(dir, "dropped", "*.parquet")
		if step != "" {
			pattern = filepath.Join(dir, "dropped", fileName(step)+"-*.parquet")
		}
	}
	files, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: nothing matches %s", dir, filepath.Base(filepath.Dir(pattern))+"/"+filepath.Base(pattern))
	}
	return files, nil
}

// IsRun reports whether a path is a run folder.
func IsRun(path string) bool {
	for _, name := range []string{ManifestFile, "work", "data"} {
		if _, err := os.Stat(filepath.Join(path, name)); err == nil {
			if _, err := os.Stat(filepath.Join(path, "recipe.yaml")); err == nil {
				return true
			}
		}
	}
	return false
}

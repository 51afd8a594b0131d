package datasets

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"
)

// FolderOptions say how a data set folder is written.
type FolderOptions struct {
	ParquetOptions
	ShardBytes int64 // bytes of values in one file; 0 means 500 MB, the Hugging Face hub's own bound
}

// Folder writes a data set folder as the Hugging Face hub has them: files named split-00000-of-00004.parquet and a card, README.md. It is built beside its
// place and moved there whole by Close, so that a reader never sees a part of it.
type Folder struct {
	dir, work string
	schema    *arrow.Schema
	opt       FolderOptions
	splits    map[string]*splitFiles
}

// splitFiles are the files of one split.
type splitFiles struct {
	name  string
	files []string // in the working folder, in order
	w     *parquetWriter
	out   *os.File
	bytes int64 // of values in the open file
	rows  int64
	total int64 // of values in all files
}

// splitName is what the hub accepts as the name of a split.
var splitName = regexp.MustCompile(`^\w+(\.\w+)*$`)

// NewFolder begins a data set in dir. What an earlier, interrupted attempt left is removed; an earlier finished data set stays until Close.
func NewFolder(dir string, schema *arrow.Schema, opt FolderOptions) (*Folder, error) {
	if opt.ShardBytes <= 0 {
		opt.ShardBytes = 500e6
	}
	var err error
	if opt.ParquetOptions, err = opt.ParquetOptions.withDefaults(); err != nil {
		return nil, err
	}
	if _, err := parquetNode(schema); err != nil {
		return nil, err
	}
	dir = filepath.Clean(dir)
	f := &Folder{dir: dir, work: dir + ".part", schema: schema, opt: opt, splits: map[string]*splitFiles{}}
	if err := os.RemoveAll(f.work); err != nil {
		return nil, err
	}
	return f, os.MkdirAll(f.work, 0o755)
}

// Write adds the rows of a record to a split; the record stays the caller's.
func (f *Folder) Write(split string, rec arrow.Record) error {
	if !splitName.MatchString(split) {
		return fmt.Errorf("split %q: a split's name is made of letters, digits and _", split)
	}
	s := f.splits[split]
	if s == nil {
		s = &splitFiles{name: split}
		f.splits[split] = s
	}
	start := 0
	sizes := rowSizes(rec, nil)
	for i, size := range sizes {
		s.bytes += size
		s.total += size
		if s.bytes >= f.opt.ShardBytes {
			if err := f.add(s, rec, start, i+1); err != nil {
				return err
			}
			if err := s.finish(); err != nil {
				return err
			}
			start = i + 1
		}
	}
	return f.add(s, rec, start, len(sizes))
}

// add writes rows [from, to) to the open file of a split, opening one when there is none.
func (f *Folder) add(s *splitFiles, rec arrow.Record, from, to int) error {
	if from == to && (rec.NumRows() > 0 || s.w != nil) {
		return nil
	}
	if s.w == nil {
		name := filepath.Join(f.work, fmt.Sprintf("%s-%05d.parquet", s.name, len(s.files)))
		out, err := os.Create(name)
		if err != nil {
			return err
		}
		w, err := newParquetWriter(out, f.schema, f.opt.ParquetOptions)
		if err != nil {
			return joinErrors(err, out.Close())
		}
		s.w, s.out = w, out
		s.files = append(s.files, name)
	}
	slice := rec.NewSlice(int64(from), int64(to))
	defer slice.Release()
	s.rows += int64(to - from)
	return s.w.write(slice)
}

// finish ends the open file of a split.
func (s *splitFiles) finish() error {
	if s.w == nil {
		return nil
	}
	err := s.w.close()
	if err == nil {
		err = s.out.Sync()
	}
	err = joinErrors(err, s.out.Close())
	s.w, s.out, s.bytes = nil, nil, 0
	return err
}

// Rows returns the number of rows of every split so far.
func (f *Folder) Rows() map[string]int64 {
	rows := map[string]int64{}
	for name, s := range f.splits {
		rows[name] = s.rows
	}
	return rows
}

// Close ends the files, names them by their number, writes the card and puts the folder in its place. A data set without a row gets an empty file for
// train, so that its columns can be seen.
func (f *Folder) Close(card Card) error {
	if len(f.splits) == 0 {
		s := &splitFiles{name: "train"}
		f.splits["train"] = s
		if err := f.add(s, emptyRecord(f.schema), 0, 0); err != nil {
			return err
		}
	}
	card.schema = f.schema
	for _, name := range splitOrder(f.splits) {
		s := f.splits[name]
		if err := s.finish(); err != nil {
			return err
		}
		var size int64
		for i, file := range s.files {
			info, err := os.Stat(file)
			if err != nil {
				return err
			}
			size += info.Size()
			final := filepath.Join(f.work, fmt.Sprintf("%s-%05d-of-%05d.parquet", name, i, len(s.files)))
			if err := os.Rename(file, final); err != nil {
				return err
			}
		}
		card.splits = append(card.splits, splitInfo{name, s.rows, s.total, size})
	}
	if err := os.WriteFile(filepath.Join(f.work, "README.md"), []byte(card.Markdown()), 0o644); err != nil {
		return err
	}
	return replaceFolder(f.work, f.dir)
}

// Abort throws away what was written.
func (f *Folder) Abort() {
	for _, s := range f.splits {
		if s.w != nil {
			s.w.abandon()
			_ = s.out.Close()
		}
	}
	_ = os.RemoveAll(f.work)
}

// replaceFolder moves a folder to its place. An earlier one there is moved aside first and removed afterwards.
func replaceFolder(from, to string) error {
	old := to + ".old"
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(to, old); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	if dir, err := os.Open(filepath.Dir(to)); err == nil {
		_ = dir.Sync() // not every file system can
		_ = dir.Close()
	}
	return os.RemoveAll(old)
}

// splitOrder lists splits as readers expect them: train, validation, test, then the others by name.
func splitOrder[V any](splits map[string]V) []string {
	rank := map[string]int{"train": 0, "validation": 1, "test": 2}
	names := sortedKeys(splits)
	sort.SliceStable(names, func(i, j int) bool {
		a, ok := rank[names[i]]
		if !ok {
			a = 3
		}
		b, ok := rank[names[j]]
		if !ok {
			b = 3
		}
		return a < b
	})
	return names
}

package datasets

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// File is one file of a source.
type File struct {
	Path  string // as found
	Name  string // as shown and as ids carry it: relative to the recipe's folder where it lies below, with slashes
	Inner string // a single member of the archive; empty for all of them
	Bytes int64  // size on disk
}

// Shard is one unit of reading: a file, a part of a large one, or several small ones. Shards depend on the input alone, never on how many workers there are.
type Shard struct {
	Source     string
	Index      int // over all sources, set by the planner
	File       File
	More       []File // further small files, read after File
	Start, End int64  // the part of File: bytes, or row groups of Parquet; 0, -1 for all
	Bytes      int64  // on disk, of all files or of the part
	Limit      int64  // rows to read at most; 0 for all
}

// Files lists every file that the shard reads.
func (s Shard) Files() []File { return append([]File{s.File}, s.More...) }

// whole reports whether the shard reads its files from beginning to end.
func (s Shard) whole() bool { return s.Start == 0 && s.End < 0 }

// label returns the name under which ids and messages know the shard's first file: that of the file, with the beginning of the part when it is not the first.
func (s Shard) label() string {
	if s.Start == 0 {
		return s.File.Name
	}
	return fmt.Sprintf("%s@%d", s.File.Name, s.Start)
}

const (
	// shardBytes is the size that parts of large files and groups of small ones aim at. It is part of what a run's output depends on through ids of
	// rows without an `id` column, so it does not change.
	shardBytes = 32 << 20
	// smallFile and maxGroup say which files are read together: a folder of a hundred thousand pages makes a few hundred shards.
	smallFile = 1 << 20
	maxGroup  = 4096
)

// Discover lists the shards of a source in the order of their paths; relative paths start at base. A path that stands for no file is an error
// that names what is there instead.
func (s *Source) Discover(ctx context.Context, base string) ([]Shard, error) {
	files, err := s.files(base)
	if err != nil {
		return nil, err
	}
	var shards []Shard
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		parts, err := s.cut(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		if n := len(shards); n > 0 && s.joins(shards[n-1], parts) {
			last := &shards[n-1]
			last.More = append(last.More, f)
			last.Bytes += f.Bytes
			continue
		}
		shards = append(shards, parts...)
	}
	if s.Limit > 0 {
		return s.limitShards(ctx, shards)
	}
	return shards, nil
}

// files resolves the source's paths, without doubles, sorted.
func (s *Source) files(base string) ([]File, error) {
	found := map[string]string{} // path → name
	var errs []error
	for _, p := range s.Path {
		names, err := glob(p, base)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		root := fixedFolder(p, base)
		for _, n := range names {
			found[n] = shownName(n, base, root)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	paths := sortedKeys(found)
	sort.Slice(paths, func(i, j int) bool { return filepath.ToSlash(paths[i]) < filepath.ToSlash(paths[j]) })
	files := make([]File, 0, len(paths))
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is not a regular file", p)
		}
		files = append(files, File{Path: p, Name: found[p], Bytes: info.Size()})
	}
	return files, nil
}

// shownName is the name by which ids and messages know a file: its path from the recipe's folder, or, for a file elsewhere, from the fixed folder of the pattern that found
// it. It never holds the way to that folder, so that the same inputs have the same ids on every machine.
func shownName(path, base, root string) string {
	for _, from := range []string{base, root} {
		absFrom, err1 := filepath.Abs(from)
		absPath, err2 := filepath.Abs(path)
		if err1 != nil || err2 != nil {
			continue
		}
		if rel, err := filepath.Rel(absFrom, absPath); err == nil && filepath.IsLocal(rel) && rel != "." {
			return filepath.ToSlash(rel)
		}
	}
	return filepath.Base(path)
}

// fixedFolder is the part of a pattern before its first wildcard: the folder itself, or the folder of a single file.
func fixedFolder(pattern, base string) string {
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(base, pattern)
	}
	if i := strings.IndexAny(pattern, "*?[{"); i >= 0 {
		return filepath.Dir(pattern[:i] + "x")
	}
	if info, err := os.Stat(pattern); err == nil && info.IsDir() {
		return pattern
	}
	return filepath.Dir(pattern)
}

// joins reports whether a small file can be read together with the shard before it.
func (s *Source) joins(last Shard, parts []Shard) bool {
	if len(parts) != 1 || !last.whole() || !parts[0].whole() || parts[0].Bytes > smallFile || last.File.Bytes > smallFile {
		return false
	}
	a, b := last.File.Name, parts[0].File.Name
	return last.Bytes+parts[0].Bytes <= shardBytes && len(last.More) < maxGroup && formatByName(a) == formatByName(b) && !isArchiveName(a) && !isArchiveName(b)
}

// cut divides one file into parts at row borders when it is large, plain and of a format that can be entered in the middle.
func (s *Source) cut(f File) ([]Shard, error) {
	all := []Shard{{Source: s.Name, File: f, End: -1, Bytes: f.Bytes}}
	if f.Bytes <= shardBytes*3/2 {
		return all, nil
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 1024)
	n, err := io.ReadFull(file, head)
	if err != nil && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	head = head[:n]
	if compressionOf(head) != "" {
		return all, nil
	}
	var borders []int64 // beginnings of parts after the first
	var weights []int64 // bytes of each part, when they are not the differences of the borders
	end := f.Bytes
	switch format := s.formatOf(f.Name, head); {
	case isTar(head):
		borders = tarBorders(io.NewSectionReader(file, 0, f.Bytes))
	case format == nil:
	case format.Name == "parquet":
		borders, weights = parquetBorders(file, f.Bytes, shardBytes)
		end = -1
	case format.Name == "jsonl", format.Name == "text" && s.rows() == "line":
		if plainNewlines(s.encoding(), head) {
			borders, err = lineBorders(file, f.Bytes, shardBytes)
		}
	case format.Name == "csv", format.Name == "tsv":
		if plainNewlines(s.encoding(), head) {
			borders, err = s.csvBorders(file, f.Bytes, format.Name)
		}
	}
	if err != nil || len(borders) == 0 {
		return all, err
	}
	var parts []Shard
	start := int64(0)
	for i, b := range append(borders, end) {
		part := Shard{Source: s.Name, File: f, Start: start, End: b, Bytes: b - start}
		if weights != nil {
			part.Bytes = weights[i]
		}
		parts = append(parts, part)
		start = b
	}
	return parts, nil
}

// plainNewlines reports whether byte 0x0A always ends a line: in UTF-16 and UTF-32 it does not.
func plainNewlines(encoding string, head []byte) bool {
	name := normalEncoding(encoding)
	return !isWide(name) && (name != "auto" || !isWide(DetectEncoding(head)))
}

// lineBorders finds the line beginnings nearest after every part bytes.
func lineBorders(r io.ReaderAt, size, part int64) ([]int64, error) {
	var borders []int64
	for at := part; at < size-part/2; {
		next, err := afterNewline(r, at-1, size)
		if err != nil {
			return nil, err
		}
		if next >= size {
			break
		}
		borders = append(borders, next)
		at = next + part
	}
	return borders, nil
}

// afterNewline returns the offset that follows the first newline at or after from.
func afterNewline(r io.ReaderAt, from, size int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for from < size {
		n, err := r.ReadAt(buf, from)
		for i, c := range buf[:n] {
			if c == '\n' {
				return from + int64(i) + 1, nil
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
		from += int64(n)
	}
	return size, nil
}

// tarBorders groups the members of a plain archive. An archive that cannot be followed to its end is not cut; reading it will say why.
func tarBorders(r *io.SectionReader) []int64 {
	var borders []int64
	tr := tar.NewReader(r)
	last, next := int64(0), int64(0) // next: where the following member's first header stands
	for {
		h, err := tr.Next() // seeks over the data of the member before
		if err == io.EOF {
			return borders
		}
		if err != nil || h.Typeflag == tar.TypeGNUSparse || h.PAXRecords["GNU.sparse.map"] != "" {
			return nil
		}
		if next-last >= shardBytes {
			borders = append(borders, next)
			last = next
		}
		data, err := r.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil
		}
		next = data
		if h.Typeflag == tar.TypeReg {
			next += (h.Size + 511) / 512 * 512
		}
	}
}

// limitShards keeps the shards that hold the first Limit rows.
func (s *Source) limitShards(ctx context.Context, shards []Shard) ([]Shard, error) {
	left := s.Limit
	for i := range shards {
		shards[i].Limit = left
		n, err := s.count(ctx, shards[i], left)
		if err != nil {
			return nil, err
		}
		if left -= n; left <= 0 {
			return shards[:i+1], nil
		}
		shards[i].Limit = 0
	}
	return shards, nil
}

// count returns the number of positions in a shard, at most limit.
func (s *Source) count(ctx context.Context, shard Shard, limit int64) (int64, error) {
	sealed := newColumns()
	sealed.sealed = true
	sr := newShardReader(ctx, s, shard, sealed)
	defer sr.Close()
	var r record
	n := int64(0)
	for n < limit {
		err := sr.Next(&r)
		var bad *rowError
		var broken *fileError
		switch {
		case err == nil, errors.As(err, &bad), errors.As(err, &broken):
			n++
		case err == io.EOF:
			return n, nil
		default:
			return n, err
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
	}
	return n, nil
}

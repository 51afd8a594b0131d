package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"

	"winnow/internal/atomicfile"
)

// Shards reads a folder of token shards. Rows are read from the files when they are asked for; nothing but the places of the batches stays in memory.
// It is safe for concurrent use.
type Shards struct {
	Index  Index
	files  []*os.File
	parts  []*arrowFile
	firsts []int // number of the first row of each file
}

// Open opens a folder of token shards and verifies all of it: the checksum and the size of each file, that every list lies inside its column, every
// id inside the vocabulary, every label and document inside its row, and that the counts are those of the index.
func Open(dir string) (_ *Shards, err error) {
	s := &Shards{}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	path := filepath.Join(dir, IndexFile)
	if err := atomicfile.ReadJSON(path, &s.Index); err != nil {
		return nil, fmt.Errorf("token shards: %w", err)
	}
	if s.Index.Version != IndexVersion {
		return nil, fmt.Errorf("token shards: %s has version %d, this program reads version %d; delete the folder and tokenize again", path, s.Index.Version, IndexVersion)
	}
	if s.Index.Vocabulary < 1 || s.Index.Vocabulary > math.MaxInt32 || s.Index.Length < 1 {
		return nil, fmt.Errorf("token shards: %s: a vocabulary of %d and rows of %d tokens cannot be", path, s.Index.Vocabulary, s.Index.Length)
	}
	var sum tally
	for _, sh := range s.Index.Shards {
		if filepath.Base(sh.Name) != sh.Name {
			return nil, fmt.Errorf("token shards: %s names a file outside its folder: %q", path, sh.Name)
		}
		if err := s.open(filepath.Join(dir, sh.Name), sh, &sum); err != nil {
			return nil, fmt.Errorf("token shards: %s: %w; delete the folder and tokenize again", filepath.Join(dir, sh.Name), err)
		}
	}
	if want := (tally{s.Index.Rows, s.Index.Tokens, s.Index.Labelled, s.Index.Documents}); sum != want {
		return nil, fmt.Errorf("token shards: %s promises %s, the files hold %s; delete the folder and tokenize again", path, want, sum)
	}
	if s.Index.Pairs && s.Index.Rows%2 != 0 {
		return nil, fmt.Errorf("token shards: %s: pairs need two rows each, there are %d", path, s.Index.Rows)
	}
	return s, nil
}

// tally is what an index says in sum of its files.
type tally struct{ rows, tokens, labelled, documents int64 }

func (t tally) String() string {
	return fmt.Sprintf("%d rows with %d tokens, %d of them labelled, in %d documents", t.rows, t.tokens, t.labelled, t.documents)
}

// open verifies one file and keeps it open.
func (s *Shards) open(path string, want Shard, sum *tally) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	s.files = append(s.files, f)
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return err
	}
	if size != want.Bytes {
		return fmt.Errorf("it has %d bytes, %s says %d: it is damaged", size, IndexFile, want.Bytes)
	}
	if hex.EncodeToString(h.Sum(nil)) != want.SHA256 {
		return fmt.Errorf("its checksum is not that of %s: it is damaged", IndexFile)
	}
	part, err := openArrow(f, size, wideIDs(s.Index.Vocabulary))
	if err != nil {
		return err
	}
	before := *sum
	if err := part.verify(f, size, &s.Index, sum); err != nil {
		return err
	}
	if sum.rows-before.rows != want.Rows || sum.tokens-before.tokens != want.Tokens {
		return fmt.Errorf("%s promises %d rows with %d tokens, it holds %d with %d", IndexFile, want.Rows, want.Tokens, sum.rows-before.rows, sum.tokens-before.tokens)
	}
	s.firsts = append(s.firsts, int(before.rows))
	s.parts = append(s.parts, part)
	return nil
}

// section is a piece of a file that was read into memory.
type section struct {
	*bytes.Reader
	at int64
}

func (s section) ReadAt(p []byte, at int64) (int, error) { return s.Reader.ReadAt(p, at-s.at) }

// verify reads every row once, a batch at a time.
func (f *arrowFile) verify(r io.ReaderAt, size int64, x *Index, sum *tally) error {
	for k := range f.batches {
		b := &f.batches[k]
		from, to := b.bounds()
		data, err := readAt(r, extent{from, to - from}, size)
		if err != nil {
			return err
		}
		body := section{bytes.NewReader(data), from}
		for i := range b.rows {
			row, err := b.row(body, i, f.wide)
			if err == nil {
				err = row.check(x, sum)
			}
			if err != nil {
				return fmt.Errorf("row %d: %w", b.first+i, err)
			}
		}
	}
	return nil
}

// bounds returns the bytes of the file that the buffers of a batch lie in.
func (b *batch) bounds() (from, to int64) {
	from, to = b.weight.at, b.weight.at+b.weight.size
	for _, l := range b.lists {
		for _, e := range []extent{l.offsets, l.values, l.text} {
			if e.size > 0 {
				from, to = min(from, e.at), max(to, e.at+e.size)
			}
		}
	}
	return from, to
}

// check compares a row with what the index says of all rows.
func (r *Row) check(x *Index, sum *tally) error {
	for i, id := range r.Tokens {
		if int64(id) >= int64(x.Vocabulary) {
			return damaged("token %d is id %d, the vocabulary has only %d", i, id, x.Vocabulary)
		}
	}
	if len(r.Tokens) == 0 || len(r.Tokens) > x.Length {
		return damaged("it has %d tokens, rows have 1 to %d", len(r.Tokens), x.Length)
	}
	for i, s := range r.Starts {
		if i == 0 && s != 0 || i > 0 && s <= r.Starts[i-1] || int(s) >= len(r.Tokens) {
			return damaged("document %d begins at %d of %d tokens", i, s, len(r.Tokens))
		}
	}
	if len(r.Starts) == 0 || len(r.IDs) != len(r.Starts) || len(r.Groups) != len(x.Groups) {
		return damaged("it has %d documents from %d rows, and %d groups for %d columns", len(r.Starts), len(r.IDs), len(r.Groups), len(x.Groups))
	}
	if w := float64(r.Weight); !(w >= 0) || math.IsInf(w, 0) {
		return damaged("its weight is %v", r.Weight)
	}
	sum.rows++
	sum.tokens += int64(len(r.Tokens))
	sum.documents += int64(len(r.Starts))
	for _, l := range r.Labels {
		if l {
			sum.labelled++
		}
	}
	return nil
}

// Len returns the number of packed rows; of pairs there are half as many, rows 2i (chosen) and 2i+1 (rejected) belonging together.
func (s *Shards) Len() int { return int(s.Index.Rows) }

// Row reads packed row i.
func (s *Shards) Row(i int) (Row, error) {
	if i < 0 || i >= s.Len() {
		return Row{}, fmt.Errorf("token shards: there is no row %d among %d", i, s.Len())
	}
	k := sort.SearchInts(s.firsts, i+1) - 1
	row, err := s.parts[k].row(s.files[k], i-s.firsts[k])
	if err != nil {
		return row, fmt.Errorf("token shards: %s, row %d: %w (the file changed since it was opened)", s.files[k].Name(), i-s.firsts[k], err)
	}
	return row, nil
}

// Close closes the files.
func (s *Shards) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	s.files = nil
	return errors.Join(errs...)
}

package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"winnow/internal/atomicfile"
)

// Shards reads a folder of token shards. Every file is checked against the index when it is opened. It is safe for concurrent use.
type Shards struct {
	Index   Index
	records []arrow.Record
	firsts  []int // number of the first row of each record
	mu      sync.Mutex
}

// Open reads a folder of token shards into memory: packed tokens are small beside the model that is trained on them.
func Open(dir string) (*Shards, error) {
	s := &Shards{}
	if err := atomicfile.ReadJSON(filepath.Join(dir, IndexFile), &s.Index); err != nil {
		return nil, fmt.Errorf("token shards: %w", err)
	}
	rows := 0
	for _, sh := range s.Index.Shards {
		if filepath.Base(sh.Name) != sh.Name {
			return nil, fmt.Errorf("token shards: %s names a file outside its folder: %q", filepath.Join(dir, IndexFile), sh.Name)
		}
		path := filepath.Join(dir, sh.Name)
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("token shards: %w", err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != sh.SHA256 {
			return nil, fmt.Errorf("%s: its checksum is not that of index.json: the file is damaged; delete the folder tokens and run again", path)
		}
		records, err := parse(data, path, s.Index)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			s.records, s.firsts = append(s.records, r), append(s.firsts, rows)
			rows += int(r.NumRows())
		}
	}
	if int64(rows) != s.Index.Rows {
		return nil, fmt.Errorf("token shards %s: index.json promises %d rows, the files hold %d", dir, s.Index.Rows, rows)
	}
	return s, nil
}

// parse reads one shard and checks that every list stays inside its row and every id inside the vocabulary.
func parse(data []byte, path string, index Index) (records []arrow.Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			_ = debug.Stack()
			records, err = nil, fmt.Errorf("%s: damaged token shard: %v", path, p)
		}
	}()
	r, err := ipc.NewFileReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: damaged token shard: %w", path, err)
	}
	if !r.Schema().Equal(schemaOf(index.Vocabulary >= 1<<16)) {
		return nil, fmt.Errorf("%s: its columns are not those of a token shard", path)
	}
	for i := range r.NumRecords() {
		rec, err := r.RecordAt(i)
		if err != nil {
			return nil, fmt.Errorf("%s: damaged token shard: %w", path, err)
		}
		for k := range int(rec.NumRows()) {
			if err := check(row(rec, k), index.Vocabulary); err != nil {
				return nil, fmt.Errorf("%s, row %d: %w", path, k, err)
			}
		}
		records = append(records, rec)
	}
	return records, nil
}

func check(r Row, vocabulary int) error {
	for _, t := range r.Tokens {
		if int(t) >= vocabulary {
			return fmt.Errorf("token id %d is outside the vocabulary of %d", t, vocabulary)
		}
	}
	last := int32(-1)
	for i, s := range r.Starts {
		if s <= last || int(s) >= len(r.Tokens) || i == 0 && s != 0 {
			return fmt.Errorf("document starts %v do not fit %d tokens", r.Starts, len(r.Tokens))
		}
		last = s
	}
	return nil
}

// Len returns the number of packed rows.
func (s *Shards) Len() int { return int(s.Index.Rows) }

// Row returns packed row i.
func (s *Shards) Row(i int) (Row, error) {
	lo, hi := 0, len(s.firsts)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; s.firsts[mid] <= i {
			lo = mid
		} else {
			hi = mid
		}
	}
	if i < 0 || i >= s.Len() {
		return Row{}, fmt.Errorf("token row %d of %d", i, s.Len())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return row(s.records[lo], i-s.firsts[lo]), nil
}

// row copies one row out of a record; offsets outside the record's arrays panic and are caught by parse.
func row(rec arrow.Record, i int) Row {
	var r Row
	bounds := func(col int) (*array.List, int, int) {
		l := rec.Column(col).(*array.List)
		from, to := l.ValueOffsets(i)
		return l, int(from), int(to)
	}
	l, from, to := bounds(0)
	r.Tokens = make([]uint32, to-from)
	switch v := l.ListValues().(type) {
	case *array.Uint16:
		for k := range r.Tokens {
			r.Tokens[k] = uint32(v.Value(from + k))
		}
	case *array.Uint32:
		copy(r.Tokens, v.Uint32Values()[from:to])
	}
	r.Labels = make([]bool, len(r.Tokens))
	l, from, to = bounds(1)
	spans := l.ListValues().(*array.Int32).Int32Values()[from:to]
	for k := 0; k+1 < len(spans); k += 2 {
		for t := spans[k]; t < spans[k+1]; t++ {
			r.Labels[t] = true
		}
	}
	l, from, to = bounds(2)
	r.Starts = append(r.Starts, l.ListValues().(*array.Int32).Int32Values()[from:to]...)
	for col, dst := range map[int]*[]string{3: &r.IDs, 4: &r.Groups} {
		l, from, to = bounds(col)
		texts := l.ListValues().(*array.String)
		for k := from; k < to; k++ {
			*dst = append(*dst, texts.Value(k))
		}
	}
	r.Weight = rec.Column(5).(*array.Float32).Value(i)
	return r
}

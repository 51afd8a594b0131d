package datasets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Layout is what the first rows of a source say about all of them. It is fixed before the first row is read, so that every shard is read alike.
type Layout struct {
	Format   string            // names of the formats, with commas
	Encoding string            // of the first text file; "utf-8" where the format has no other
	Shapes   []Shape           // of the rows; empty when no column holds content
	Extra    []arrow.Field     // extra columns under our names: string, int64, float64 or bool
	Mapping  map[string]string // our name (or role: prompt, response, …) to the column in the files
	Untyped  bool              // values come as text (CSV): empty is null in a column of numbers
	Rows     int64             // estimate of the rows of all shards
	Bytes    int64             // estimate of their text in bytes
	Sampled  int64             // rows that were looked at
	Notes    []string          // what a user may want to know: columns left out or renamed
}

const (
	sniffRows  = 1000
	sniffBytes = 4 << 20
	sniffFiles = 16 // files beyond the first are looked at shortly, for columns that the first lacks
	sniffExtra = 20
)

// column is what was seen of one column.
type column struct {
	name    string
	kind    cellKind
	counts  [7]int64 // values by kind
	spelled [7]int64 // of text values: what their spelling would make them
	bytes   int64    // of text
	turns   bool     // a list of messages
	refused string   // why its values cannot be carried
	members []string // names of a nested object's members, in order
}

// length returns the mean length of the column's texts in bytes.
func (c *column) length() int64 { return c.bytes / max(1, c.counts[stringCell]) }

// Sniff reads up to 1,000 rows or 4 MB of the first shard, and a few rows of up to 15 further ones, and finds out format, encoding, shape, mapping and the extra columns
// with their types.
func (s *Source) Sniff(ctx context.Context, shards []Shard) (Layout, error) {
	cols := newColumns()
	var seen []column
	layout := Layout{Encoding: "utf-8"}
	formatsMet := map[string]bool{}
	var firstBad error
	var text, disk int64
	for k, i := range sampleIndices(len(shards), sniffFiles) {
		limit := int64(sniffRows)
		if k > 0 {
			limit = sniffExtra
		}
		sr := newShardReader(ctx, s, shards[i], cols)
		n, bytesRead, line, err := sniffShard(ctx, sr, limit, cols, &seen)
		for f := range sr.formats {
			formatsMet[f] = true
		}
		consumed := sr.consumed(shards[i])
		sr.Close()
		if line > 0 && len(shards[i].More) == 0 {
			consumed = linesOnDisk(shards[i], line, consumed)
		}
		disk += consumed
		if err != nil {
			if ctx.Err() != nil {
				return layout, ctx.Err()
			}
			if firstBad == nil {
				firstBad = err
			}
		}
		layout.Sampled += n
		text += bytesRead
	}
	if layout.Sampled == 0 {
		return layout, s.nothing(shards, firstBad)
	}
	layout.Format = strings.Join(sortedKeys(formatsMet), ",")
	for f := range formatsMet {
		layout.Untyped = layout.Untyped || formats[f].untyped
	}
	total := int64(0)
	for _, sh := range shards {
		total += sh.Bytes
	}
	scale := max(1, float64(total)/float64(max(1, disk)))
	layout.Rows, layout.Bytes = int64(float64(layout.Sampled)*scale), int64(float64(text)*scale)
	if s.Limit > 0 && layout.Rows > s.Limit {
		layout.Bytes = layout.Bytes / layout.Rows * s.Limit
		layout.Rows = s.Limit
	}
	layout.Encoding = s.firstEncoding(shards)
	for i := range seen {
		seen[i].decide(s.Types[seen[i].name], layout.Untyped)
	}
	return layout, s.fillMapping(&layout, seen)
}

// sampleIndices returns 0 and further indices spread evenly over n.
func sampleIndices(n, most int) []int {
	var out []int
	for k := range min(n, most) {
		out = append(out, k*n/min(n, most))
	}
	return out
}

// nothing explains a source without a row.
func (s *Source) nothing(shards []Shard, firstBad error) error {
	if firstBad != nil {
		return fmt.Errorf("no row could be read: %w", firstBad)
	}
	var names []string
	for _, sh := range shards[:min(3, len(shards))] {
		names = append(names, sh.File.Name)
	}
	hint := ""
	if s.Members != "" {
		hint = fmt.Sprintf(", and `members: %s` may match nothing", s.Members)
	}
	return fmt.Errorf("no row in %d files (%s …): they are empty%s", len(shards), strings.Join(names, ", "), hint)
}

// sniffShard looks at the first rows of a shard. line is that of the last row in files read line by line, else 0; the error is the first bad row.
func sniffShard(ctx context.Context, sr *shardReader, limit int64, cols *columns, seen *[]column) (rows, size, line int64, firstBad error) {
	var r record
	bad := int64(0)
	defer func() {
		if sr.archive != nil || !sr.formats["jsonl"] && !sr.formats["csv"] && !sr.formats["tsv"] && !(sr.formats["text"] && sr.source.rows() == "line") {
			line = 0
		}
	}()
	for rows < limit && size < sniffBytes && bad < sniffRows {
		err := sr.Next(&r)
		if err == io.EOF {
			break
		}
		if err != nil {
			var row *rowError
			if errors.As(err, &row) {
				err = fmt.Errorf("%s: %w", r.file, row)
			}
			if firstBad == nil {
				firstBad = err
			}
			if ctx.Err() != nil {
				break
			}
			bad++
			continue
		}
		rows++
		size += r.bytes
		line = r.line
		for len(*seen) < len(cols.names) {
			*seen = append(*seen, column{name: cols.names[len(*seen)]})
		}
		for i := range r.cells {
			(*seen)[i].look(r.cells[i])
		}
	}
	return rows, size, line, firstBad
}

// linesOnDisk estimates how many bytes on disk the first lines of a shard take: readers and decompressors read ahead, so what they have consumed says little.
func linesOnDisk(shard Shard, lines, otherwise int64) int64 {
	opened, err := os.Open(shard.File.Path)
	if err != nil {
		return otherwise
	}
	defer func() { _ = opened.Close() }()
	file := &countedFile{File: opened}
	end := shard.End
	if end < 0 {
		end = shard.File.Bytes
	}
	plain, done, err := decompress(io.NewSectionReader(file, shard.Start, end-shard.Start), true)
	if err != nil {
		return otherwise
	}
	defer done()
	data, err := io.ReadAll(io.LimitReader(plain, sniffBytes))
	found := int64(bytes.Count(data, []byte{'\n'}))
	disk := min(file.read, end-shard.Start)
	if err == nil && len(data) < sniffBytes {
		disk = end - shard.Start // all of it
	}
	if found <= lines {
		return max(disk, otherwise)
	}
	return max(1, disk*lines/found)
}

// look counts one value.
func (c *column) look(v cell) {
	c.counts[v.kind]++
	switch v.kind {
	case stringCell:
		c.bytes += int64(len(v.text))
		k, _ := spelledKind(v.text)
		c.spelled[k]++
		if looksLikeTurns(v.text) {
			c.turns = true
		}
	case binaryCell:
		c.refused = string(v.text)
	case nestedCell:
		if looksLikeTurns(v.text) {
			c.turns = true
		}
		if len(c.members) == 0 && len(v.text) > 0 && v.text[0] == '{' {
			var arena []byte
			eachMember(v.text, func(name, _ []byte) bool {
				c.members = append(c.members, string(unescape(name, &arena)))
				return len(c.members) < 100
			})
		}
	}
}

// decide settles the column's kind from what was counted; said is the source's `types` entry.
func (c *column) decide(said string, untyped bool) {
	if k, ok := kindNames[said]; ok {
		c.kind = k
		return
	}
	if c.refused != "" {
		c.kind = binaryCell
		return
	}
	n := c.counts
	scalars := n[stringCell] + n[intCell] + n[floatCell] + n[boolCell]
	switch {
	case n[nestedCell] > 0 && scalars == 0:
		c.kind = nestedCell
	case n[nestedCell] > 0 || scalars == 0:
		c.kind = stringCell
	case untyped && n[stringCell] == scalars:
		sp := c.spelled
		filled := scalars - sp[nullCell]
		switch {
		case filled > 0 && sp[intCell] == filled:
			c.kind = intCell
		case filled > 0 && sp[intCell]+sp[floatCell] == filled:
			c.kind = floatCell
		case filled > 0 && sp[boolCell] == filled:
			c.kind = boolCell
		default:
			c.kind = stringCell
		}
	case n[intCell] == scalars:
		c.kind = intCell
	case n[intCell]+n[floatCell] == scalars:
		c.kind = floatCell
	case n[boolCell] == scalars:
		c.kind = boolCell
	default:
		c.kind = stringCell
	}
}

// firstEncoding names the encoding of the first text file.
func (s *Source) firstEncoding(shards []Shard) string {
	if name := normalEncoding(s.encoding()); name != "auto" {
		return name
	}
	file, err := os.Open(shards[0].File.Path)
	if err != nil {
		return "utf-8"
	}
	defer func() { _ = file.Close() }()
	plain, done, err := decompress(file, true)
	if err != nil {
		return "utf-8"
	}
	defer done()
	head, _ := io.ReadAll(io.LimitReader(plain, detectBytes))
	format := s.formatOf(shards[0].File.Name, head)
	if isTar(head) || format == nil || format.random || bytes.IndexByte(head, 0) >= 0 && wideEncoding(head) == "" {
		return "utf-8"
	}
	return DetectEncoding(head)
}

package datasets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
)

// ReadOptions bound the batches and say where bad rows go.
type ReadOptions struct {
	BatchBytes int64        // bytes of text after which a batch is full; 0 means 4 MiB
	BatchRows  int          // rows after which a batch is full; 0 for no bound
	Bad        func(BadRow) // called for every row that cannot be read, in order; nil makes the first of them an error
}

// defaultBatchBytes: a batch stays in cache beside the steps that walk it, and memory does not depend on how the input was written (engine figures in bench/).
const defaultBatchBytes = 4 << 20

// maxBatchRows keeps batches of tiny rows from growing without bound.
const maxBatchRows = 1 << 16

// rawBytes is how much of a bad row is shown.
const rawBytes = 1000

// Read delivers the rows of a shard in order, as batches in schema (NewSchema of all sources together). A row's Ref is its position in the shard, bad rows
// counted. A batch belongs to the receiver, who releases it. After an error nothing more comes.
func (s *Source) Read(ctx context.Context, shard Shard, layout Layout, schema *arrow.Schema, opt ReadOptions) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		cols := newColumns()
		a, err := newAssembler(s.Name, layout, schema, cols)
		if err != nil {
			yield(Batch{}, fmt.Errorf("source %s: %w", s.Name, err))
			return
		}
		defer a.builder.Release()
		if opt.BatchBytes <= 0 {
			opt.BatchBytes = defaultBatchBytes
		}
		sr := newShardReader(ctx, s, shard, cols)
		defer sr.Close()
		var r record
		for position := int64(0); shard.Limit == 0 || position < shard.Limit; position++ {
			if position%256 == 0 && ctx.Err() != nil {
				yield(Batch{}, ctx.Err())
				return
			}
			if position >= MaxPosition {
				yield(Batch{}, fmt.Errorf("%s has more than %d rows in one shard; split the file", shard.File.Name, int64(MaxPosition)))
				return
			}
			err := sr.Next(&r)
			if err == io.EOF {
				break
			}
			if err == nil {
				if bad := a.append(&r, NewRef(shard.Index, position, 0), cols.slots); bad != nil {
					err = bad
				}
			}
			if err != nil {
				if ctx.Err() != nil {
					yield(Batch{}, ctx.Err())
					return
				}
				bad := asBadRow(err, &r, position)
				if opt.Bad == nil {
					yield(Batch{}, bad.err())
					return
				}
				opt.Bad(bad)
				continue
			}
			if a.bytes >= opt.BatchBytes || opt.BatchRows > 0 && len(a.refs) >= opt.BatchRows || len(a.refs) >= maxBatchRows {
				if !yield(a.flush(), nil) {
					return
				}
			}
		}
		if len(a.refs) > 0 {
			yield(a.flush(), nil)
		}
	}
}

// asBadRow describes an error of shardReader.Next or of the assembler.
func asBadRow(err error, r *record, position int64) BadRow {
	b := BadRow{File: r.file, Position: position, Line: r.line}
	var row *rowError
	var file *fileError
	switch {
	case errors.As(err, &row):
		if row.Line > 0 {
			b.Line = row.Line
		}
		b.Column, b.Reason = row.Column, row.Reason
		b.Raw = string(bytes.ToValidUTF8(row.Raw[:min(len(row.Raw), rawBytes)], []byte("\uFFFD")))
	case errors.As(err, &file):
		b.File, b.Line, b.Reason = file.file, 0, file.err.Error()
	default:
		b.Reason = err.Error()
	}
	return b
}

// err is the bad row as the error of a run that tolerates none.
func (b BadRow) err() error {
	where := b.File
	if b.Line > 0 {
		where += fmt.Sprintf(":%d", b.Line)
	} else {
		where += fmt.Sprintf(", row %d", b.Position)
	}
	if b.Column != "" {
		where += fmt.Sprintf(", column %q", b.Column)
	}
	return fmt.Errorf("%s: %s", where, b.Reason)
}

package datasets

import "github.com/apache/arrow/go/v17/arrow"

// Batch is a run of rows of one shard in the normal schema (NewSchema), in the order of the input. The record's owner is whoever got the batch: call
// Release when done; strings of the record must not be used afterwards.
type Batch struct {
	Record arrow.Record
	Refs   []Ref // one a row, ascending
}

// Release gives the record's memory back.
func (b *Batch) Release() {
	if b.Record != nil {
		b.Record.Release()
	}
}

// BadRow is something in an input that could not be read as a row. It is quarantined, never lost silently.
type BadRow struct {
	File     string `json:"file"`
	Position int64  `json:"position"` // of the row in its shard, from 0
	Line     int64  `json:"line,omitempty"`
	Column   string `json:"column,omitempty"`
	Reason   string `json:"reason"`
	Raw      string `json:"raw,omitempty"` // the first 1,000 bytes of what stood there, made valid UTF-8
}

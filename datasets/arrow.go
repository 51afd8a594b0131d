package datasets

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"winnow/internal/spec"
)

func init() {
	registerFormat(Format{
		Spec: spec.Spec{
			Name:    "arrow",
			Summary: "Apache Arrow IPC, file or stream, as the datasets library caches it (Feather version 2 too)",
			Doc: `Types are read as in Parquet: text, numbers and true/false keep their type, decimals, dates and times become text, lists and structs nested values.
A file that ends early gives the rows before the break and one bad row.`,
			Example: "cache: {path: cache/data-*.arrow}",
			New:     func() any { return new(struct{}) },
		},
		Extensions: []string{".arrow", ".feather", ".ipc", ".arrows"},
		random:     true,
		open:       openArrow,
	})
}

// arrowReader walks record batches row by row.
type arrowReader struct {
	next   func() (arrow.Record, error)
	record arrow.Record
	slots  []int
	row    int
	arena  []byte
	close  func()
}

func openArrow(o *opening) (rowReader, error) {
	var magic [6]byte
	if _, err := o.random.ReadAt(magic[:], 0); err != nil && err != io.EOF {
		return nil, err
	}
	var a *arrowReader
	var schema *arrow.Schema
	if string(magic[:]) == "ARROW1" {
		if err := verifyArrowFile(o.random); err != nil {
			return nil, err
		}
		r, err := ipc.NewFileReader(io.NewSectionReader(o.random, 0, o.random.size))
		if err != nil {
			return nil, fmt.Errorf("it is damaged: %w", err)
		}
		i := 0
		schema = r.Schema()
		a = &arrowReader{close: func() { _ = r.Close() }, next: func() (arrow.Record, error) {
			if i >= r.NumRecords() {
				return nil, io.EOF
			}
			i++
			return r.RecordAt(i - 1)
		}}
	} else {
		sound, broken := verifyArrowStream(o.random)
		if sound == 0 {
			return nil, fmt.Errorf("it is no Arrow IPC file or stream: %w", orEnd(broken))
		}
		r, err := ipc.NewReader(io.NewSectionReader(o.random, 0, sound))
		if err != nil {
			return nil, fmt.Errorf("it is no Arrow IPC stream: %w", err)
		}
		schema = r.Schema()
		a = &arrowReader{close: r.Release, next: func() (arrow.Record, error) {
			rec, err := r.Read()
			if err == nil {
				rec.Retain()
			} else if err == io.EOF && broken != nil {
				return nil, broken
			}
			return rec, err
		}}
	}
	for _, f := range schema.Fields() {
		if f.Name == ColRef && f.Type.ID() == arrow.UINT64 { // an intermediate file of a run
			a.slots = append(a.slots, -1)
			continue
		}
		a.slots = append(a.slots, o.columns.slot(f.Name))
	}
	return a, nil
}

func (a *arrowReader) Next(r *record) error {
	for a.record == nil || a.row >= int(a.record.NumRows()) {
		if a.record != nil {
			a.record.Release()
			a.record = nil
		}
		rec, err := a.next()
		if err != nil {
			return err
		}
		a.record, a.row = rec, 0
	}
	a.arena = a.arena[:0]
	for j, slot := range a.slots {
		if slot < 0 {
			continue
		}
		c, err := arrowCell(a.record.Column(j), a.row, &a.arena)
		if err != nil {
			return fmt.Errorf("column %q: %w", a.record.ColumnName(j), err)
		}
		r.set(slot, c)
	}
	a.row++
	return nil
}

func (a *arrowReader) Close() error {
	if a.record != nil {
		a.record.Release()
		a.record = nil
	}
	a.close()
	return nil
}

// arrowCell returns value i of a column.
func arrowCell(col arrow.Array, i int, arena *[]byte) (cell, error) {
	if col.IsNull(i) {
		return cell{}, nil
	}
	text := func(s string) (cell, error) {
		if !utf8.ValidString(s) {
			return cell{kind: binaryCell, text: []byte("binary data that is not UTF-8")}, nil
		}
		return cell{kind: stringCell, text: stringBytes(s)}, nil
	}
	whole := func(n int64) (cell, error) { return cell{kind: intCell, whole: n}, nil }
	switch c := col.(type) {
	case *array.String:
		return text(c.Value(i))
	case *array.LargeString:
		return text(c.Value(i))
	case *array.StringView:
		return text(c.Value(i))
	case *array.Binary:
		return text(string(c.Value(i)))
	case *array.LargeBinary:
		return text(string(c.Value(i)))
	case *array.FixedSizeBinary:
		return text(string(c.Value(i)))
	case *array.Boolean:
		v := cell{kind: boolCell}
		if c.Value(i) {
			v.whole = 1
		}
		return v, nil
	case *array.Int8:
		return whole(int64(c.Value(i)))
	case *array.Int16:
		return whole(int64(c.Value(i)))
	case *array.Int32:
		return whole(int64(c.Value(i)))
	case *array.Int64:
		return whole(c.Value(i))
	case *array.Uint8:
		return whole(int64(c.Value(i)))
	case *array.Uint16:
		return whole(int64(c.Value(i)))
	case *array.Uint32:
		return whole(int64(c.Value(i)))
	case *array.Uint64:
		if u := c.Value(i); u > math.MaxInt64 {
			return cell{kind: floatCell, number: float64(u), text: strconv.AppendUint(nil, u, 10)}, nil
		}
		return whole(int64(c.Value(i)))
	case *array.Float16:
		return cell{kind: floatCell, number: float64(c.Value(i).Float32())}, nil
	case *array.Float32:
		return cell{kind: floatCell, number: float64(c.Value(i))}, nil
	case *array.Float64:
		return cell{kind: floatCell, number: c.Value(i)}, nil
	case *array.Decimal128:
		return cell{kind: stringCell, text: appendDecimal(nil, c.Value(i).BigInt(), int(c.DataType().(*arrow.Decimal128Type).Scale))}, nil
	case *array.Decimal256:
		return cell{kind: stringCell, text: appendDecimal(nil, c.Value(i).BigInt(), int(c.DataType().(*arrow.Decimal256Type).Scale))}, nil
	case *array.Date32:
		return instantText(time.Unix(int64(c.Value(i))*86400, 0), time.DateOnly), nil
	case *array.Date64:
		return instantText(time.UnixMilli(int64(c.Value(i))), time.DateOnly), nil
	case *array.Time32:
		return instantText(time.Unix(0, 0).Add(time.Duration(c.Value(i))*c.DataType().(*arrow.Time32Type).Unit.Multiplier()), "15:04:05.999999999"), nil
	case *array.Time64:
		return instantText(time.Unix(0, 0).Add(time.Duration(c.Value(i))*c.DataType().(*arrow.Time64Type).Unit.Multiplier()), "15:04:05.999999999"), nil
	case *array.Timestamp:
		t := c.DataType().(*arrow.TimestampType)
		return timestampCell(int64(c.Value(i)), t.Unit.Multiplier(), t.TimeZone != "", arena), nil
	case *array.Dictionary:
		return arrowCell(c.Dictionary(), c.GetValueIndex(i), arena)
	case array.ExtensionArray:
		return arrowCell(c.Storage(), i, arena)
	case *array.Null:
		return cell{}, nil
	case array.ListLike, *array.Struct:
		return arrowNested(col, i, arena)
	}
	return cell{kind: binaryCell, text: []byte("the type " + col.DataType().String())}, nil
}

func instantText(t time.Time, layout string) cell {
	return cell{kind: stringCell, text: t.UTC().AppendFormat(nil, layout)}
}

// arrowNested returns a list, map or struct as JSON.
func arrowNested(col arrow.Array, i int, arena *[]byte) (cell, error) {
	binary := false
	out, err := appendArrowJSON(nil, col, i, arena, &binary)
	if err != nil {
		return cell{}, err
	}
	if binary {
		return cell{kind: binaryCell, text: []byte("binary data inside a nested value")}, nil
	}
	return cell{kind: nestedCell, text: out}, nil
}

func appendArrowJSON(b []byte, col arrow.Array, i int, arena *[]byte, binary *bool) ([]byte, error) {
	var err error
	if len(b) > maxRowBytes {
		return b, fmt.Errorf("a nested value is larger than %d MiB", maxRowBytes>>20)
	}
	switch c := col.(type) {
	case array.ListLike:
		if c.IsNull(i) {
			return append(b, "null"...), nil
		}
		from, to := c.ValueOffsets(i)
		b = append(b, '[')
		for k := from; k < to; k++ {
			if k > from {
				b = append(b, ',')
			}
			if b, err = appendArrowJSON(b, c.ListValues(), int(k), arena, binary); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	case *array.Struct:
		if c.IsNull(i) {
			return append(b, "null"...), nil
		}
		b = append(b, '{')
		for k, f := range c.DataType().(*arrow.StructType).Fields() {
			if k > 0 {
				b = append(b, ',')
			}
			b = append(appendQuoted(b, []byte(f.Name)), ':')
			if b, err = appendArrowJSON(b, c.Field(k), i, arena, binary); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
	v, err := arrowCell(col, i, arena)
	if err != nil {
		return b, err
	}
	if v.kind == binaryCell {
		*binary = true
		return append(b, "null"...), nil
	}
	return appendJSON(b, v), nil
}

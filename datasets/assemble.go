package datasets

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// assembler maps rows as read to the normal schema and collects them into batches. A row is checked whole before any of it is written.
type assembler struct {
	schema  *arrow.Schema
	layout  Layout
	builder *array.RecordBuilder
	refs    []Ref
	bytes   int64
	source  string

	id     *array.StringBuilder
	name   *array.StringBuilder // the column source
	texts  map[string]*array.StringBuilder
	lists  map[string]*messageBuilder
	extras []extraColumn

	textList []*array.StringBuilder // the large columns, whose memory is reserved by what the batch before took
	sizes    []int
	roles    map[string]place
	absent   []array.Builder // columns of other sources
	scratch  []byte
	arena    []byte
	turns    []turn
	other    []turn // of the rejected side
	checker  jsonChecker
}

// place says where a value of ours stands in the file: a slot, and the names to follow inside a nested value.
type place struct {
	slot   int
	path   []string
	column string
}

type extraColumn struct {
	place
	name    string
	kind    cellKind
	builder array.Builder
	value   cell // of the current row, checked
}

type messageBuilder struct {
	list           *array.ListBuilder
	item           *array.StructBuilder
	role, contents *array.StringBuilder
}

// newAssembler prepares the mapping and puts every column that is needed into cols, which it seals.
func newAssembler(source string, layout Layout, schema *arrow.Schema, cols *columns) (*assembler, error) {
	a := &assembler{schema: schema, layout: layout, source: source, builder: array.NewRecordBuilder(memory.DefaultAllocator, schema),
		texts: map[string]*array.StringBuilder{}, lists: map[string]*messageBuilder{}, roles: map[string]place{}}
	isExtra := map[string]bool{}
	for _, f := range layout.Extra {
		isExtra[f.Name] = true
	}
	for _, ours := range sortedKeys(layout.Mapping) {
		if !isExtra[ours] {
			a.roles[ours] = newPlace(layout.Mapping[ours], layout.Mapping, cols)
		}
	}
	mine := map[string]bool{}
	for _, shape := range layout.Shapes {
		for _, c := range shape.ContentColumns() {
			mine[c] = true
		}
	}
	for i, f := range schema.Fields() {
		b := a.builder.Field(i)
		switch {
		case f.Name == ColID:
			a.id = b.(*array.StringBuilder)
		case f.Name == ColSource:
			a.name = b.(*array.StringBuilder)
		case mine[f.Name] && arrow.TypeEqual(f.Type, MessageType):
			list := b.(*array.ListBuilder)
			item := list.ValueBuilder().(*array.StructBuilder)
			a.textList = append(a.textList, item.FieldBuilder(1).(*array.StringBuilder))
			a.lists[f.Name] = &messageBuilder{list, item, item.FieldBuilder(0).(*array.StringBuilder), item.FieldBuilder(1).(*array.StringBuilder)}
		case mine[f.Name]:
			a.texts[f.Name] = b.(*array.StringBuilder)
			a.textList = append(a.textList, a.texts[f.Name])
		case isExtra[f.Name]:
			a.extras = append(a.extras, extraColumn{newPlace(layout.Mapping[f.Name], layout.Mapping, cols), f.Name, kindOfType(f.Type), b, cell{}})
		default:
			a.absent = append(a.absent, b)
		}
	}
	if a.id == nil || a.name == nil {
		return nil, fmt.Errorf("the schema has no columns id and source: it must come from NewSchema")
	}
	for _, name := range sortedKeys(mine) {
		if a.texts[name] == nil && a.lists[name] == nil {
			return nil, fmt.Errorf("the schema has no column %q, which rows of shape %v need", name, layout.Shapes)
		}
	}
	cols.sealed = true
	return a, nil
}

// newPlace finds where a column stands; a dotted name that is no column itself reaches into a nested one.
func newPlace(theirs string, mapping map[string]string, cols *columns) place {
	head, rest, dotted := strings.Cut(theirs, ".")
	p := place{slot: cols.slot(theirs), column: theirs}
	if dotted {
		p.path = append(strings.Split(rest, "."), head)
		p.path = p.path[:len(p.path)-1]
		cols.slot(head)
	}
	return p
}

func kindOfType(t arrow.DataType) cellKind {
	switch t.ID() {
	case arrow.INT64:
		return intCell
	case arrow.FLOAT64:
		return floatCell
	case arrow.BOOL:
		return boolCell
	}
	return stringCell
}

// get returns the value at a place of the row.
func (a *assembler) get(r *record, p place, heads map[string]int) cell {
	c := r.at(p.slot)
	if c.kind != nullCell || p.path == nil {
		return c
	}
	head := p.column[:strings.IndexByte(p.column, '.')]
	nested := r.at(heads[head])
	if nested.kind != nestedCell {
		return cell{}
	}
	return lookup(nested.text, p.path, &a.arena)
}

// append checks a row and adds it. The error is what is wrong with the row; nothing has been added then.
func (a *assembler) append(r *record, ref Ref, heads map[string]int) *rowError {
	a.arena = a.arena[:0]
	for i := range a.extras {
		if err := a.checkExtra(r, &a.extras[i], heads); err != nil {
			return err
		}
	}
	if err := a.content(r, heads); err != nil {
		return err
	}
	a.appendID(r, heads)
	a.appendSource(r, heads)
	for i := range a.extras {
		a.appendExtra(&a.extras[i])
	}
	for _, b := range a.absent {
		b.AppendNull()
	}
	a.refs = append(a.refs, ref)
	return nil
}

func (a *assembler) appendID(r *record, heads map[string]int) {
	if p, ok := a.roles[ColID]; ok {
		if c := a.get(r, p, heads); c.kind != nullCell {
			a.scratch = c.appendText(a.scratch[:0])
			if len(bytes.TrimSpace(a.scratch)) > 0 {
				a.id.BinaryBuilder.Append(a.scratch)
				return
			}
		}
	}
	a.scratch = append(append(a.scratch[:0], r.file...), '#')
	a.scratch = strconv.AppendInt(a.scratch, r.position, 10)
	a.id.BinaryBuilder.Append(a.scratch)
}

// appendSource writes the source's name, or in files that are only looked at the one that stands in them.
func (a *assembler) appendSource(r *record, heads map[string]int) {
	if text := a.optional(r, ColSource, heads); text != nil {
		a.name.BinaryBuilder.Append(text)
		return
	}
	a.name.Append(a.source)
}

func (a *assembler) checkExtra(r *record, e *extraColumn, heads map[string]int) *rowError {
	c := a.get(r, e.place, heads)
	e.value = cell{}
	if c.kind == binaryCell {
		return &rowError{Line: r.line, Column: e.column, Reason: "it holds " + string(c.text)}
	}
	if c.kind == nullCell || e.kind != stringCell && a.layout.Untyped && len(bytes.TrimSpace(c.text)) == 0 && c.kind == stringCell {
		return nil
	}
	ok := true
	v := cell{kind: e.kind}
	switch e.kind {
	case intCell:
		v.whole, ok = c.asInt()
	case floatCell:
		v.number, ok = c.asFloat()
	case boolCell:
		var b bool
		if b, ok = c.asBool(); b {
			v.whole = 1
		}
	default:
		if c.kind == stringCell || c.kind == nestedCell {
			v.text = c.text
		} else {
			start := len(a.arena)
			a.arena = c.appendText(a.arena)
			v.text = a.arena[start:len(a.arena):len(a.arena)]
		}
	}
	if !ok {
		return &rowError{Line: r.line, Column: e.column, Reason: c.unfit(e.kind)}
	}
	e.value = v
	return nil
}

func (a *assembler) appendExtra(e *extraColumn) {
	if e.value.kind == nullCell {
		e.builder.AppendNull()
		return
	}
	switch b := e.builder.(type) {
	case *array.StringBuilder:
		b.BinaryBuilder.Append(e.value.text)
	case *array.Int64Builder:
		b.Append(e.value.whole)
	case *array.Float64Builder:
		b.Append(e.value.number)
	case *array.BooleanBuilder:
		b.Append(e.value.whole != 0)
	}
}

// content checks and adds the content columns of a row.
func (a *assembler) content(r *record, heads map[string]int) *rowError {
	if len(a.layout.Shapes) == 0 {
		return nil
	}
	shape := a.layout.Shapes[0]
	if len(a.layout.Shapes) > 1 {
		if shape = a.shapeOf(r); shape == "" {
			return &rowError{Line: r.line, Reason: fmt.Sprintf("the row has no content: its columns for %v are null", a.layout.Shapes)}
		}
	}
	if err := a.contentOf(shape, r, heads); err != nil {
		return err
	}
	if len(a.layout.Shapes) > 1 {
		a.fillNulls()
	}
	return nil
}

// shapeOf returns the first shape whose columns all have a value in the row.
func (a *assembler) shapeOf(r *record) Shape {
	for _, s := range a.layout.Shapes {
		all := true
		for _, c := range s.ContentColumns() {
			all = all && r.at(a.roles[c].slot).kind != nullCell
		}
		if all {
			return s
		}
	}
	return ""
}

// fillNulls completes the content columns that the row just added has no value for.
func (a *assembler) fillNulls() {
	want := len(a.refs) + 1
	for _, b := range a.texts {
		if b.Len() < want {
			b.AppendNull()
		}
	}
	for _, m := range a.lists {
		if m.list.Len() < want {
			m.list.AppendNull()
		}
	}
}

func (a *assembler) contentOf(shape Shape, r *record, heads map[string]int) *rowError {
	switch shape {
	case Text, Labelled, Pair:
		names := shape.ContentColumns()
		var texts [2][]byte
		for i, name := range names {
			t, err := a.text(r, name, heads)
			if err != nil {
				return err
			}
			texts[i] = t
		}
		for i, name := range names {
			a.texts[name].BinaryBuilder.Append(texts[i])
			a.bytes += int64(len(texts[i]))
		}
	case Messages:
		turns, err := a.conversation(r, heads)
		if err != nil {
			return err
		}
		a.appendTurns(ColMessages, turns)
	case Preference:
		return a.preference(r, heads)
	}
	return nil
}

// text returns the text of a role; null is an error, as a row without its text cannot be looked at.
func (a *assembler) text(r *record, role string, heads map[string]int) ([]byte, *rowError) {
	p := a.roles[role]
	c := a.get(r, p, heads)
	switch c.kind {
	case stringCell:
		return c.text, nil
	case nullCell:
		return nil, &rowError{Line: r.line, Column: p.column, Reason: fmt.Sprintf("the row has no %s: the value is null or missing", role)}
	case binaryCell:
		return nil, &rowError{Line: r.line, Column: p.column, Reason: "it holds " + string(c.text)}
	case nestedCell:
		return nil, &rowError{Line: r.line, Column: p.column, Reason: fmt.Sprintf("the %s is a list or an object where text belongs", role)}
	}
	start := len(a.arena)
	a.arena = c.appendText(a.arena)
	return a.arena[start:len(a.arena):len(a.arena)], nil
}

// optional returns the text of a role that a row may lack.
func (a *assembler) optional(r *record, role string, heads map[string]int) []byte {
	p, ok := a.roles[role]
	if !ok {
		return nil
	}
	if c := a.get(r, p, heads); c.kind == stringCell {
		return c.text
	}
	return nil
}

// conversation makes the messages of a row: from a list of them, or from system, history, prompt, input and response. Alpaca's input follows the instruction
// on a new line.
func (a *assembler) conversation(r *record, heads map[string]int) ([]turn, *rowError) {
	turns := a.turns[:0]
	defer func() { a.turns = turns[:0] }()
	if system := a.optional(r, roleSystem, heads); len(bytes.TrimSpace(system)) > 0 {
		turns = append(turns, turn{"system", system})
	}
	if p, ok := a.roles[ColMessages]; ok {
		var err *rowError
		turns, err = a.turnList(r, p, turns, heads)
		return turns, err
	}
	if p, ok := a.roles[roleHistory]; ok {
		var reason string
		if turns, reason = parseHistory(a.get(r, p, heads), turns, &a.arena); reason != "" {
			return nil, &rowError{Line: r.line, Column: p.column, Reason: reason}
		}
	}
	prompt, err := a.text(r, rolePrompt, heads)
	if err != nil {
		return nil, err
	}
	if input := a.optional(r, roleInput, heads); len(bytes.TrimSpace(input)) > 0 {
		joined := make([]byte, 0, len(prompt)+1+len(input))
		joined = append(joined, prompt...)
		if len(joined) > 0 {
			joined = append(joined, '\n')
		}
		prompt = append(joined, input...)
	}
	response, err := a.text(r, roleResponse, heads)
	if err != nil {
		return nil, err
	}
	turns = append(turns, turn{"user", prompt}, turn{"assistant", response})
	return turns, nil
}

// turnList appends the messages of a column that holds a list of them, also as JSON text.
func (a *assembler) turnList(r *record, p place, turns []turn, heads map[string]int) ([]turn, *rowError) {
	c := a.get(r, p, heads)
	if c.kind == stringCell {
		if err := a.checker.check(c.text); err != nil {
			return turns, &rowError{Line: r.line, Column: p.column, Reason: "it is text, and no list of messages: " + err.Error()}
		}
	}
	if c.kind != stringCell && c.kind != nestedCell {
		return turns, &rowError{Line: r.line, Column: p.column, Reason: "the row has no messages: the value is null or missing"}
	}
	turns, reason := parseTurns(c.text, turns, &a.arena)
	if reason != "" {
		return turns, &rowError{Line: r.line, Column: p.column, Reason: reason}
	}
	return turns, nil
}

func (a *assembler) appendTurns(column string, turns []turn) {
	m := a.lists[column]
	m.list.Append(true)
	for _, t := range turns {
		m.item.Append(true)
		m.role.Append(t.role)
		m.contents.BinaryBuilder.Append(t.content)
		a.bytes += int64(len(t.content))
	}
}

// flush returns the rows collected as a batch.
func (a *assembler) flush() Batch {
	sizes := a.sizes[:0]
	for _, t := range a.textList {
		sizes = append(sizes, t.DataLen())
	}
	b := Batch{Record: a.builder.NewRecord(), Refs: append([]Ref(nil), a.refs...)}
	a.refs, a.bytes = a.refs[:0], 0
	for i, t := range a.textList {
		t.Reserve(len(b.Refs))
		t.ReserveData(sizes[i] + sizes[i]/8)
	}
	a.sizes = sizes
	return b
}

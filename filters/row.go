package filters

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"winnow/datasets"
	"winnow/internal/text"
)

// Piece is one text of a row.
type Piece struct {
	Column string // the content column that it stands in, for example messages
	Role   string // text, label, source, target; of a message its role: system, user, assistant
	Text   []byte
}

// Row is a view of one row of a batch and the only place where a step says something about it. A Row and everything it returns is valid until the
// next row: nothing is allocated per row, texts live in the batch or in a scratch buffer of the worker.
type Row struct {
	Ref    datasets.Ref
	ID     string
	Source string
	Shape  datasets.Shape

	columns *columnSet
	pieces  []Piece
	values  []Value
	current int // piece that Text means; -1 for the whole row

	joined   []byte
	joinedOK bool
	doc      text.Doc
	docOK    bool
	scratch  *arena

	drop   string
	events Events
	copies []*Row
	pool   *[]*Row
}

// Events is what one step said about one row; the runner drains it after each Apply.
type Events struct {
	Scores []ScoreEvent
	Flags  []FlagEvent
	Edited bool
}

// ScoreEvent is one call of Row.Score.
type ScoreEvent struct {
	Name  string
	Value float64
}

// FlagEvent is one call of Row.Flag.
type FlagEvent struct {
	Piece, Start, End int
	Kind              string
}

// Text returns the piece that the step looks at, or all pieces joined by a blank line for steps of unit Whole.
func (r *Row) Text() []byte {
	if r.current >= 0 {
		return r.pieces[r.current].Text
	}
	if len(r.pieces) == 1 {
		return r.pieces[0].Text
	}
	if !r.joinedOK {
		r.joined = r.joined[:0]
		for i := range r.pieces {
			if i > 0 {
				r.joined = append(r.joined, '\n', '\n')
			}
			r.joined = append(r.joined, r.pieces[i].Text...)
		}
		r.joinedOK = true
	}
	return r.joined
}

// SetText replaces the text that the step looks at; b is copied. On a row of several pieces a step of unit Whole uses SetPiece instead.
func (r *Row) SetText(b []byte) {
	i := r.current
	if i < 0 {
		if len(r.pieces) != 1 {
			panic("SetText on a whole row of several pieces: use SetPiece")
		}
		i = 0
	}
	r.SetPiece(i, b)
}

// Role returns the role of the piece that the step looks at, "text" for a whole row.
func (r *Row) Role() string {
	if r.current >= 0 {
		return r.pieces[r.current].Role
	}
	return "text"
}

// Pieces returns the row's texts in order. The slice and the texts must not be changed.
func (r *Row) Pieces() []Piece { return r.pieces }

// SetPiece replaces the text of piece i; b is copied.
func (r *Row) SetPiece(i int, b []byte) {
	r.pieces[i].Text = r.scratch.copy(b)
	r.joinedOK, r.docOK = false, false
	r.events.Edited = true
}

// Doc returns the words, lines, sentences and counts of Text. They are found on first use and forgotten when the text changes, so that many rules cost one pass.
func (r *Row) Doc() *text.Doc {
	if !r.docOK {
		r.doc.Reset(r.Text())
		r.docOK = true
	}
	return &r.doc
}

// Drop takes the row out of the set; the first reason stands. A reason is a few words that many rows share ("too short"), without figures of the row.
func (r *Row) Drop(reason string) {
	if r.drop == "" {
		r.drop = reason
	}
}

// Dropped returns the reason of Drop, or "".
func (r *Row) Dropped() string { return r.drop }

// Score puts a figure about the row into the column name. Of several scores of one name by one step the largest stays. The column must be among the step's Columns.
func (r *Row) Score(name string, value float64) {
	for i := range r.events.Scores {
		if s := &r.events.Scores[i]; s.Name == name {
			if value > s.Value {
				s.Value = value
				r.set(name, Value{Kind: Float, Number: value})
			}
			return
		}
	}
	r.events.Scores = append(r.events.Scores, ScoreEvent{name, value})
	r.set(name, Value{Kind: Float, Number: value})
}

// Flag says that the bytes [start, end) of the text hold something of a kind (an e-mail address, a repaired character). The ledger counts flags by kind.
func (r *Row) Flag(start, end int, kind string) {
	r.events.Flags = append(r.events.Flags, FlagEvent{max(r.current, 0), start, end, kind})
}

// SetString puts a value into a string column that is among the step's Columns.
func (r *Row) SetString(name, value string) { r.set(name, Value{Kind: String, Text: value}) }

// SetFloat puts a value into a float column without reporting it as a score.
func (r *Row) SetFloat(name string, value float64) { r.set(name, Value{Kind: Float, Number: value}) }

func (r *Row) set(name string, v Value) {
	i := r.columns.index(name)
	if i < 0 {
		panic("column " + name + " is not among the step's Columns")
	}
	r.values[i] = v
}

// Value returns the extra column name of the row; its Kind is Null when the row has none.
func (r *Row) Value(name string) Value {
	if i := r.columns.index(name); i >= 0 {
		return r.values[i]
	}
	return Value{}
}

// String returns a string column, or the figure of a number column as text; "" when it is null or absent. `source`, `id` and the columns of content (text, source_text,
// label, …) are found too; of messages it gives the text of all, one a line.
func (r *Row) String(name string) string {
	switch name {
	case datasets.ColSource:
		return r.Source
	case datasets.ColID:
		return r.ID
	}
	if v := r.Value(name); v.Kind != Null {
		return v.String()
	}
	var text []byte
	for i := range r.pieces {
		if r.pieces[i].Column != name {
			continue
		}
		if text != nil {
			text = append(text, '\n')
		}
		text = append(text, r.pieces[i].Text...)
	}
	return string(text)
}

// Lang returns the row's language: the column lang when a step or the input set it, else zh when more than a fifth of the letters are Han, else en.
func (r *Row) Lang() string {
	if v := r.Value(datasets.ColLang); v.Kind == String && v.Text != "" {
		return v.Text
	}
	if r.Doc().Chinese() {
		return "zh"
	}
	return "en"
}

// Random returns a number in [0, 1) that depends on the seed, a step's name and the row alone: the same for any order of files, workers or batches.
func (r *Row) Random(seed uint64, step string) float64 {
	return float64(r.Hash(seed, step)>>11) / (1 << 53)
}

// Hash returns 64 bits that depend on the seed, a step's name and the row's source and id.
func (r *Row) Hash(seed uint64, step string) uint64 {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], xxh3.HashStringSeed(step, seed))
	binary.LittleEndian.PutUint64(b[8:], xxh3.HashStringSeed(r.Source, seed))
	h := xxh3.HashSeed(b[:], seed)
	return xxh3.HashStringSeed(r.ID, h)
}

// Copy adds a copy of the row that stands right after it in the set, with the id suffixed, and returns it for editing. The copy goes on with the steps
// that follow, not with this one.
func (r *Row) Copy(suffix string) *Row {
	c := r.newCopy()
	c.Ref = datasets.NewRef(r.Ref.Shard(), r.Ref.Position(), r.Ref.Copy()+len(r.copies)+1)
	c.ID = r.ID + suffix
	c.Source, c.Shape, c.columns, c.scratch, c.current, c.pool = r.Source, r.Shape, r.columns, r.scratch, -1, r.pool
	c.pieces = append(c.pieces[:0], r.pieces...)
	c.values = append(c.values[:0], r.values...)
	r.copies = append(r.copies, c)
	return c
}

// Names lists the row's extra columns.
func (r *Row) Names() []string { return r.columns.names }

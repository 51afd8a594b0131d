package datasets

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// Shape says what a row is.
type Shape string

// The shapes, each with the columns that hold its content.
const (
	Text       Shape = "text"       // text
	Messages   Shape = "messages"   // messages: a list of {role, content}
	Preference Shape = "preference" // chosen and rejected, each a list of {role, content}
	Labelled   Shape = "labelled"   // text, label
	Pair       Shape = "pair"       // source_text, target_text
)

// Names of the columns that every room agrees on. All other columns of a row are extra columns: values that came with the row or that steps set.
const (
	ColID         = "id"          // string, never null
	ColSource     = "source"      // string, name of the source in the recipe
	ColText       = "text"        // string
	ColLabel      = "label"       // string
	ColMessages   = "messages"    // list<struct<role: string, content: string>>
	ColChosen     = "chosen"      // as messages
	ColRejected   = "rejected"    // as messages
	ColSourceText = "source_text" // string
	ColTargetText = "target_text" // string
	ColLang       = "lang"        // string, ISO 639-1 code that the step `language` sets
	ColWeight     = "weight"      // float64, weight of the row in training
	ColSplit      = "split"       // string: train, validation, test
)

// RoleText is the role of a side of a preference row that is a plain sentence and answers nothing.
const RoleText = "text"

// MessageType is the Arrow type of a list of messages.
var MessageType = arrow.ListOf(arrow.StructOf(
	arrow.Field{Name: "role", Type: arrow.BinaryTypes.String, Nullable: true},
	arrow.Field{Name: "content", Type: arrow.BinaryTypes.String, Nullable: true}))

// ContentColumns lists the columns that hold a shape's content, in the order of their pieces.
func (s Shape) ContentColumns() []string {
	switch s {
	case Messages:
		return []string{ColMessages}
	case Preference:
		return []string{ColChosen, ColRejected}
	case Labelled:
		return []string{ColText, ColLabel}
	case Pair:
		return []string{ColSourceText, ColTargetText}
	}
	return []string{ColText}
}

// IsContent reports whether a column holds content or identity rather than an extra value.
func IsContent(name string) bool {
	switch name {
	case ColID, ColSource, ColText, ColLabel, ColMessages, ColChosen, ColRejected, ColSourceText, ColTargetText:
		return true
	}
	return false
}

// NewSchema returns the normal schema of rows of the given shapes with the given extra columns: id, source, the shapes' content columns in the order of
// the constants above, then the extra columns in the given order. Every column but id may be null. Extra columns are string, int64, float64 or bool.
func NewSchema(shapes []Shape, extra []arrow.Field) (*arrow.Schema, error) {
	want := map[string]bool{}
	for _, s := range shapes {
		for _, c := range s.ContentColumns() {
			want[c] = true
		}
	}
	fields := []arrow.Field{{Name: ColID, Type: arrow.BinaryTypes.String}, {Name: ColSource, Type: arrow.BinaryTypes.String, Nullable: true}}
	for _, name := range []string{ColText, ColLabel, ColMessages, ColChosen, ColRejected, ColSourceText, ColTargetText} {
		if !want[name] {
			continue
		}
		var t arrow.DataType = arrow.BinaryTypes.String
		if name == ColMessages || name == ColChosen || name == ColRejected {
			t = MessageType
		}
		fields = append(fields, arrow.Field{Name: name, Type: t, Nullable: true})
	}
	seen := map[string]bool{}
	for _, f := range extra {
		if IsContent(f.Name) || seen[f.Name] {
			return nil, fmt.Errorf("column %q stands twice: rename one with the source's `map`", f.Name)
		}
		seen[f.Name] = true
		switch f.Type.ID() {
		case arrow.STRING, arrow.INT64, arrow.FLOAT64, arrow.BOOL:
		default:
			return nil, fmt.Errorf("extra column %q has type %s; string, int64, float64 and bool are carried", f.Name, f.Type)
		}
		fields = append(fields, arrow.Field{Name: f.Name, Type: f.Type, Nullable: true})
	}
	return arrow.NewSchema(fields, nil), nil
}

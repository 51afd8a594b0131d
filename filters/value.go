package filters

import "strconv"

// Kind is the type of an extra column.
type Kind uint8

// The kinds of extra columns. Null is the kind of a value that is absent.
const (
	Null Kind = iota
	String
	Int
	Float
	Bool
)

// Value is one extra value of a row.
type Value struct {
	Kind   Kind
	Text   string  // of a String
	Number float64 // of a Float; of a Bool 0 or 1
	Whole  int64   // of an Int
}

// Float returns the value as a number: of an Int, Float or Bool itself, of anything else not ok.
func (v Value) Float() (x float64, ok bool) {
	switch v.Kind {
	case Int:
		return float64(v.Whole), true
	case Float, Bool:
		return v.Number, true
	}
	return 0, false
}

// Any returns the value as string, int64, float64, bool or nil.
func (v Value) Any() any {
	switch v.Kind {
	case String:
		return v.Text
	case Int:
		return v.Whole
	case Float:
		return v.Number
	case Bool:
		return v.Number != 0
	}
	return nil
}

// String returns the value as text, "" when it is null.
func (v Value) String() string {
	switch v.Kind {
	case String:
		return v.Text
	case Int:
		return strconv.FormatInt(v.Whole, 10)
	case Float:
		return strconv.FormatFloat(v.Number, 'g', -1, 64)
	case Bool:
		return strconv.FormatBool(v.Number != 0)
	}
	return ""
}

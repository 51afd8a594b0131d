package datasets

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// kindNames are the types that a recipe can name.
var kindNames = map[string]cellKind{"string": stringCell, "int": intCell, "float": floatCell, "bool": boolCell}

// spelledKind tells what a text would be as a value: a whole number without leading zeros, a number, true or false, nothing (blank), or text.
func spelledKind(b []byte) (cellKind, cell) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return nullCell, cell{}
	}
	if len(b) > 40 {
		return stringCell, cell{}
	}
	digits := b
	if digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) > 0 && digits[0] >= '0' && digits[0] <= '9' && (len(digits) == 1 || digits[0] != '0' || digits[1] == '.' || digits[1] == 'e' || digits[1] == 'E') {
		if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
			return intCell, cell{kind: intCell, whole: n, text: b}
		}
		if isDecimal(digits) {
			if x, err := strconv.ParseFloat(string(b), 64); err == nil {
				return floatCell, cell{kind: floatCell, number: x, text: b}
			}
		}
		return stringCell, cell{}
	}
	switch string(b) {
	case "true", "True", "TRUE":
		return boolCell, cell{kind: boolCell, whole: 1}
	case "false", "False", "FALSE":
		return boolCell, cell{kind: boolCell}
	}
	return stringCell, cell{}
}

// isDecimal reports whether b is written as a number of JSON: digits, an optional fraction with digits, an optional exponent. Long rows of digits
// (account numbers) are none, as a float would change them.
func isDecimal(b []byte) bool {
	point, exponent := false, false
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
		case c == '.' && !point && !exponent && i > 0 && i < len(b)-1:
			point = true
		case (c == 'e' || c == 'E') && !exponent && i > 0 && i < len(b)-1:
			exponent = true
		case (c == '+' || c == '-') && i < len(b)-1 && (b[i-1] == 'e' || b[i-1] == 'E'):
		default:
			return false
		}
	}
	return point || exponent
}

// appendText appends the text of a plain value: a number as it was written, or in the shortest form that reads back the same.
func (c *cell) appendText(b []byte) []byte {
	switch c.kind {
	case boolCell:
		return strconv.AppendBool(b, c.whole != 0)
	case intCell:
		if len(c.text) == 0 {
			return strconv.AppendInt(b, c.whole, 10)
		}
	case floatCell:
		if len(c.text) == 0 {
			return strconv.AppendFloat(b, c.number, 'g', -1, 64)
		}
	}
	return append(b, c.text...)
}

// asInt returns the value as a whole number; ok is false when it is none.
func (c *cell) asInt() (int64, bool) {
	switch c.kind {
	case intCell:
		return c.whole, true
	case boolCell:
		return c.whole, true
	case floatCell:
		if c.number == math.Trunc(c.number) && math.Abs(c.number) < 1<<53 {
			return int64(c.number), true
		}
	case stringCell:
		if k, v := spelledKind(c.text); k == intCell {
			return v.whole, true
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(c.text[:min(len(c.text), 64)])), 10, 64) // 007, when the recipe says that it is a number
		return n, err == nil
	}
	return 0, false
}

// asFloat returns the value as a number; ok is false when it is none.
func (c *cell) asFloat() (float64, bool) {
	switch c.kind {
	case intCell:
		return float64(c.whole), true
	case floatCell:
		return c.number, true
	case stringCell:
		x, err := strconv.ParseFloat(string(bytes.TrimSpace(c.text[:min(len(c.text), 64)])), 64)
		return x, err == nil && len(c.text) <= 64
	}
	return 0, false
}

// asBool returns the value as true or false; ok is false when it is neither.
func (c *cell) asBool() (value, ok bool) {
	switch c.kind {
	case boolCell:
		return c.whole != 0, true
	case intCell:
		return c.whole != 0, c.whole == 0 || c.whole == 1
	case stringCell:
		if k, v := spelledKind(c.text); k == boolCell || k == intCell && (v.whole == 0 || v.whole == 1) {
			return v.whole != 0, true
		}
	}
	return false, false
}

// unfit is the reason for a value that its column cannot take.
func (c *cell) unfit(want cellKind) string {
	shown := c.appendText(nil)
	if len(shown) > 60 {
		shown = append(bytes.ToValidUTF8(shown[:60], nil), "…"...)
	}
	article := map[cellKind]string{intCell: "a whole number", floatCell: "a number", boolCell: "true or false", stringCell: "text"}[want]
	return fmt.Sprintf("%q is not %s, which the first rows of the source have here; if it belongs there, set `types: {…: string}`", shown, article)
}

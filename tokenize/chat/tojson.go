package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds the nesting of JSON values, expressions and blocks.
const maxDepth = 200

// parseJSON reads one JSON value. Objects keep the order of their keys (the last of equal keys wins, in the first one's place, as in Python);
// 1 is a whole number and 1.0 a float.
func parseJSON(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	v, err := decodeJSON(dec, 0)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("JSON, near byte %d: %w", dec.InputOffset(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("JSON, byte %d: more than one value", dec.InputOffset())
	}
	return v, nil
}

func decodeJSON(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok := tok.(type) {
	case json.Number:
		return jsonNumber(tok.String())
	case json.Delim:
		if tok == '[' {
			l := &list{}
			for dec.More() {
				item, err := decodeJSON(dec, depth+1)
				if err != nil {
					return nil, err
				}
				l.items = append(l.items, item)
			}
			if _, err := dec.Token(); err != nil {
				return nil, err
			}
			return newList(false, l.items...)
		}
		d := newDict()
		for dec.More() {
			k, err := dec.Token()
			if err != nil {
				return nil, err
			}
			item, err := decodeJSON(dec, depth+1)
			if err != nil {
				return nil, err
			}
			if err := d.set(k, item); err != nil {
				return nil, err
			}
		}
		_, err := dec.Token()
		return d, err
	}
	return tok, nil // nil, bool, string
}

func jsonNumber(s string) (any, error) {
	if strings.ContainsAny(s, ".eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return nil, err
		}
		return f, nil
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, nil
	}
	if len(s) > 4300 { // Python's own limit for reading whole numbers
		return nil, fmt.Errorf("a whole number of %d digits", len(s))
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return nil, fmt.Errorf("not a number: %.40q", s)
	}
	return n, nil
}

// jsonStyle holds the arguments of the tojson filter. The zero value is Hugging Face's default: "," and ":" each followed by a space, keys in
// their order, no escapes beyond those that JSON needs (Jinja's own tojson sorts keys and escapes <, >, & and ').
type jsonStyle struct {
	indent      string // "" is one line
	multiline   bool
	item, colon string
	ascii       bool
	sorted      bool
}

func (ev *evaluator) writeJSON(b *strings.Builder, v any, style jsonStyle, depth int) error {
	if err := ev.charge(16); err != nil {
		return err
	}
	if b.Len() > maxBytes {
		return errTooLarge
	}
	line := func(depth int) {
		if style.multiline {
			b.WriteByte('\n')
			for range depth {
				b.WriteString(style.indent)
			}
		}
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case *big.Int:
		b.WriteString(v.String())
	case float64:
		b.WriteString(jsonFloat(v))
	case string:
		jsonString(b, v, style.ascii)
	case *list:
		if len(v.items) == 0 {
			b.WriteString("[]")
			return nil
		}
		b.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				b.WriteString(style.item)
			}
			line(depth + 1)
			if err := ev.writeJSON(b, item, style, depth+1); err != nil {
				return err
			}
		}
		line(depth)
		b.WriteByte(']')
	case *dict:
		if len(v.keys) == 0 {
			b.WriteString("{}")
			return nil
		}
		order := make([]int, len(v.keys))
		for i := range order {
			order[i] = i
		}
		if style.sorted {
			if err := sortBy(order, func(i int) any { return v.keys[i] }); err != nil {
				return err
			}
		}
		b.WriteByte('{')
		for n, i := range order {
			if n > 0 {
				b.WriteString(style.item)
			}
			line(depth + 1)
			switch k := v.keys[i].(type) {
			case string:
				jsonString(b, k, style.ascii)
			case float64:
				jsonString(b, jsonFloat(k), style.ascii)
			case nil:
				b.WriteString(`"null"`)
			case bool:
				jsonString(b, strconv.FormatBool(k), style.ascii)
			default:
				jsonString(b, str(k), style.ascii)
			}
			b.WriteString(style.colon)
			if err := ev.writeJSON(b, v.vals[i], style, depth+1); err != nil {
				return err
			}
		}
		line(depth)
		b.WriteByte('}')
	default:
		return fmt.Errorf("tojson: a value of type %s has no JSON form", typeName(v))
	}
	return nil
}

func jsonFloat(f float64) string {
	switch s := floatRepr(f); s {
	case "inf":
		return "Infinity"
	case "-inf":
		return "-Infinity"
	case "nan":
		return "NaN"
	default:
		return s
	}
}

func jsonString(b *strings.Builder, s string, ascii bool) {
	b.WriteByte('"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			switch {
			case !ascii:
				b.WriteString(s[i : i+n])
			case r > 0xffff:
				r -= 0x10000
				fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
			default:
				fmt.Fprintf(b, `\u%04x`, r)
			}
			i += n
			continue
		}
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\b':
			b.WriteString(`\b`)
		case c == '\f':
			b.WriteString(`\f`)
		case c < ' ' || c == 0x7f && ascii:
			fmt.Fprintf(b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
		i++
	}
	b.WriteByte('"')
}

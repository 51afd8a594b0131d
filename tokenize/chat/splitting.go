package chat

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// split is Python's str.split and str.rsplit: without separator at runs of whitespace, with one at each of it, at most maxsplit times.
func split(fromRight bool) stringMethod {
	return func(ev *evaluator, s string, pos []any, named []kwarg) (any, error) {
		b, err := bind(pos, named, "sep", "maxsplit")
		if err != nil {
			return nil, err
		}
		sep, err := b.str(0, "")
		if err != nil {
			return nil, err
		}
		most, err := b.int(1, -1)
		if err != nil {
			return nil, err
		}
		if most < 0 || most > math.MaxInt32 {
			most = math.MaxInt32
		}
		var parts []string
		switch {
		case b.values[0] == nil && fromRight:
			parts = wordsRight(s, int(most))
		case b.values[0] == nil:
			parts = words(s, int(most))
		case sep == "":
			return nil, errors.New("the separator is empty")
		case fromRight:
			parts = splitRight(s, sep, int(most))
		default:
			parts = strings.SplitN(s, sep, int(most)+1)
		}
		return ev.strings(parts)
	}
}

// strings makes a list of strings.
func (ev *evaluator) strings(parts []string) (any, error) {
	items := make([]any, len(parts))
	for i, p := range parts {
		items[i] = p
	}
	if err := ev.charge(32 * len(items)); err != nil {
		return nil, err
	}
	return newList(false, items...)
}

func words(s string, most int) []string {
	parts := []string{}
	for s = strings.TrimLeftFunc(s, isSpace); s != ""; s = strings.TrimLeftFunc(s, isSpace) {
		end := strings.IndexFunc(s, isSpace)
		if len(parts) == most || end < 0 {
			end = len(s)
		}
		parts = append(parts, s[:end])
		s = s[end:]
	}
	return parts
}

func wordsRight(s string, most int) []string {
	parts := []string{}
	for s = strings.TrimRightFunc(s, isSpace); s != ""; s = strings.TrimRightFunc(s, isSpace) {
		start := 0
		if at := strings.LastIndexFunc(s, isSpace); at >= 0 && len(parts) < most {
			_, n := utf8.DecodeRuneInString(s[at:])
			start = at + n
		}
		parts = append(parts, s[start:])
		s = s[:start]
	}
	backwards(parts)
	return parts
}

func splitRight(s, sep string, most int) []string {
	var parts []string
	for len(parts) < most {
		at := strings.LastIndex(s, sep)
		if at < 0 {
			break
		}
		parts = append(parts, s[at+len(sep):])
		s = s[:at]
	}
	parts = append(parts, s)
	backwards(parts)
	return parts
}

func backwards(parts []string) {
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
}

// splitLines cuts at all line breaks that Python knows; an argument keeps them.
func splitLines(ev *evaluator, s string, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "keepends")
	if err != nil {
		return nil, err
	}
	keep := b.bool(0, false)
	var parts []string
	for s != "" {
		at := strings.IndexAny(s, "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
		if at < 0 {
			parts = append(parts, s)
			break
		}
		_, n := utf8.DecodeRuneInString(s[at:])
		if strings.HasPrefix(s[at:], "\r\n") {
			n = 2
		}
		if keep {
			parts = append(parts, s[:at+n])
		} else {
			parts = append(parts, s[:at])
		}
		s = s[at+n:]
	}
	return ev.strings(parts)
}

func partition(fromRight bool) stringMethod {
	return func(_ *evaluator, s string, pos []any, named []kwarg) (any, error) {
		a, err := texts(pos, named, 1)
		if err != nil {
			return nil, err
		}
		if a[0] == "" {
			return nil, errors.New("the separator is empty")
		}
		at := strings.Index(s, a[0])
		if fromRight {
			at = strings.LastIndex(s, a[0])
		}
		switch {
		case at >= 0:
			return newList(true, s[:at], a[0], s[at+len(a[0]):])
		case fromRight:
			return newList(true, "", "", s)
		}
		return newList(true, s, "", "")
	}
}

func zfill(ev *evaluator, s string, pos []any, named []kwarg) (any, error) {
	b, err := bind(pos, named, "width")
	if err == nil {
		err = b.need(1)
	}
	if err != nil {
		return nil, err
	}
	width, err := b.int(0, 0)
	if err != nil {
		return nil, err
	}
	lack := width - int64(utf8.RuneCountInString(s))
	if lack <= 0 {
		return s, nil
	}
	zeros, err := ev.repeat("0", lack)
	if err != nil {
		return nil, err
	}
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	return sign + zeros.(string) + s, nil
}

// format is Python's str.format for fields without format specifications: {}, {0}, {name}.
func format(ev *evaluator, s string, pos []any, named []kwarg) (any, error) {
	var b strings.Builder
	next := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c == '{' || c == '}') && i+1 < len(s) && s[i+1] == c {
			b.WriteByte(c)
			i++
			continue
		}
		if c != '{' {
			if c == '}' {
				return nil, errors.New("a single } in the format")
			}
			b.WriteByte(c)
			continue
		}
		end := strings.IndexByte(s[i:], '}')
		if end < 0 {
			return nil, errors.New("a { in the format is never closed")
		}
		field := s[i+1 : i+end]
		i += end
		v, err := formatField(field, &next, pos, named)
		if err != nil {
			return nil, err
		}
		if err := ev.charge(sizeOf(v)); err != nil {
			return nil, err
		}
		if b.WriteString(str(v)); b.Len() > maxBytes {
			return nil, errTooLarge
		}
	}
	return b.String(), nil
}

func formatField(field string, next *int, pos []any, named []kwarg) (any, error) {
	if strings.ContainsAny(field, ":!.[") {
		return nil, fmt.Errorf("the field {%.40s} asks for more than a plain value, which is not supported", field)
	}
	at := *next
	if field == "" {
		*next++
	} else if n, err := strconv.Atoi(field); err == nil {
		at = n
	} else {
		for _, k := range named {
			if k.name == field {
				return k.value, nil
			}
		}
		return nil, fmt.Errorf("no value for the field {%.40s}", field)
	}
	if at < 0 || at >= len(pos) {
		return nil, fmt.Errorf("no value for the field number %d", at)
	}
	return pos[at], nil
}

// printf is Python's `format % values` with %s, %r, %d, %i, %f with a precision, and %%.
func (ev *evaluator) printf(s string, v any) (any, error) {
	values := []any{v}
	if l, ok := v.(*list); ok && l.tuple {
		values = l.items
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		i++
		precision := 6
		if i+1 < len(s) && s[i] == '.' && s[i+1] >= '0' && s[i+1] <= '9' {
			precision = int(s[i+1] - '0')
			i += 2
		}
		if i == len(s) {
			return nil, errors.New("the format ends inside a % field")
		}
		if s[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if len(values) == 0 {
			return nil, errors.New("more % fields than values")
		}
		v := values[0]
		values = values[1:]
		if err := ev.charge(sizeOf(v)); err != nil {
			return nil, err
		}
		f, n, whole, ok := number(v)
		switch {
		case s[i] == 's':
			b.WriteString(str(v))
		case s[i] == 'r':
			repr(&b, v)
		case (s[i] == 'd' || s[i] == 'i') && ok && whole:
			b.WriteString(strconv.FormatInt(n, 10))
		case (s[i] == 'd' || s[i] == 'i') && ok && math.Abs(f) < 1<<53:
			b.WriteString(strconv.FormatInt(int64(f), 10))
		case s[i] == 'f' && ok:
			b.WriteString(strconv.FormatFloat(f, 'f', precision, 64))
		default:
			return nil, fmt.Errorf("%%%c does not write a value of type %s", s[i], typeName(v))
		}
		if b.Len() > maxBytes {
			return nil, errTooLarge
		}
	}
	if len(values) > 0 {
		return nil, errors.New("more values than % fields")
	}
	return b.String(), nil
}

package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
)

// A survey's findings are JSON of the survey's own shape. Those of measure_bias make section 5; any others are drawn as a table of names and values, in the
// order in which the survey wrote them.

// Limits on how much of foreign findings is drawn.
const (
	maxFindingRows  = 60
	maxFindingDepth = 4
)

// findingNames says in words what the shipped surveys call their figures.
var findingNames = map[string]map[string]string{
	"dedup": {"exact": "rows dropped as exact copies", "near": "rows dropped as near copies", "clusters": "groups of rows that say the same", "largest": "rows of the largest group", "candidates": "pairs compared", "threshold": "similarity from which rows are copies"},
}

// drawFinding draws findings as a table; it returns nothing when there are none.
func drawFinding(name string, raw json.RawMessage) template.HTML {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	v, err := ordered(raw)
	if err != nil {
		return ""
	}
	var m markup
	drawValue(&m, v, findingNames[name], 0)
	return m.html()
}

// entry is a name with a value, member of an object whose order is kept.
type entry struct {
	key   string
	value any
}

// ordered reads JSON with the members of objects in their order: objects are []entry, arrays []any.
func ordered(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := readValue(d, 0)
	if err == nil {
		if _, end := d.Token(); end != io.EOF {
			return nil, fmt.Errorf("more than one value")
		}
	}
	return v, err
}

func readValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > 64 {
		return nil, fmt.Errorf("nested too deeply")
	}
	switch t {
	case json.Delim('{'):
		out := []entry{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := readValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, entry{fmt.Sprint(key), v})
		}
		_, err = d.Token()
		return out, err
	case json.Delim('['):
		out := []any{}
		for d.More() {
			v, err := readValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		_, err = d.Token()
		return out, err
	}
	return t, nil
}

func drawValue(m *markup, v any, names map[string]string, depth int) {
	switch v := v.(type) {
	case []entry:
		if depth >= maxFindingDepth {
			m.leaf("span", fmt.Sprintf("%d values, see ledger.json", len(v)), "class", "muted")
			return
		}
		m.open("table", "class", "facts")
		for i, e := range v {
			if i == maxFindingRows {
				m.open("tr")
				m.leaf("td", fmt.Sprintf("%d more in ledger.json", len(v)-i), "class", "muted", "colspan", 2)
				m.close("tr")
				break
			}
			name := names[e.key]
			if name == "" {
				name = strings.ReplaceAll(excerpt(e.key, 80), "_", " ")
			}
			m.open("tr")
			m.leaf("th", name, "scope", "row")
			m.open("td")
			drawValue(m, e.value, nil, depth+1)
			m.close("td")
			m.close("tr")
		}
		m.close("table")
	case []any:
		drawList(m, v, depth)
	default:
		m.leaf("span", scalar(v))
	}
}

// drawList draws an array: of objects as a table with a column a member, of anything else in one line.
func drawList(m *markup, v []any, depth int) {
	var columns []string
	seen := map[string]bool{}
	objects := len(v) > 0
	for _, x := range v {
		o, ok := x.([]entry)
		objects = objects && ok
		for _, e := range o {
			if !seen[e.key] && len(columns) < 12 {
				seen[e.key] = true
				columns = append(columns, e.key)
			}
		}
	}
	if !objects || depth >= maxFindingDepth {
		var parts []string
		for i, x := range v {
			if i == maxFindingRows {
				parts = append(parts, fmt.Sprintf("%d more", len(v)-i))
				break
			}
			parts = append(parts, scalar(x))
		}
		m.leaf("span", strings.Join(parts, ", "))
		return
	}
	m.open("table")
	m.open("thead")
	m.open("tr")
	for _, c := range columns {
		m.leaf("th", strings.ReplaceAll(excerpt(c, 80), "_", " "), "scope", "col")
	}
	m.close("tr")
	m.close("thead")
	m.open("tbody")
	for i, x := range v {
		if i == maxFindingRows {
			break
		}
		m.open("tr")
		for _, c := range columns {
			m.open("td")
			for _, e := range x.([]entry) {
				if e.key == c {
					drawValue(m, e.value, nil, depth+2)
				}
			}
			m.close("td")
		}
		m.close("tr")
	}
	m.close("tbody")
	m.close("table")
}

func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return "–"
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return count(n)
		}
		x, _ := strconv.ParseFloat(string(v), 64)
		return figure(x)
	case string:
		return excerpt(v, 300)
	case []entry:
		return fmt.Sprintf("%d values", len(v))
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	}
	return fmt.Sprint(v)
}

package report

import (
	"html/template"
	"math"
	"strconv"
	"strings"
)

// markup builds SVG. Every attribute and text passes through it and is escaped there, so a chart's labels may hold anything.
type markup struct{ b strings.Builder }

// open begins an element; attributes come as name, value pairs, values as string, int or float64.
func (m *markup) open(tag string, attributes ...any) {
	m.b.WriteString("<" + tag)
	for i := 0; i+1 < len(attributes); i += 2 {
		m.b.WriteString(" " + attributes[i].(string) + `="`)
		switch v := attributes[i+1].(type) {
		case string:
			m.b.WriteString(template.HTMLEscapeString(v))
		case int:
			m.b.WriteString(strconv.Itoa(v))
		case float64:
			m.b.WriteString(coordinate(v))
		}
		m.b.WriteByte('"')
	}
	m.b.WriteByte('>')
}

func (m *markup) close(tag string) { m.b.WriteString("</" + tag + ">") }

// leaf writes an element that holds nothing but text.
func (m *markup) leaf(tag, text string, attributes ...any) {
	m.open(tag, attributes...)
	m.b.WriteString(template.HTMLEscapeString(text))
	m.close(tag)
}

// picture begins a drawing of the given size that a screen reader reads as title and description; id must be unique in the page.
func (m *markup) picture(id, title, description string, width, height int) {
	m.open("svg", "viewBox", "0 0 "+strconv.Itoa(width)+" "+strconv.Itoa(height), "width", width, "height", height, "role", "img", "aria-labelledby", id+"-t "+id+"-d")
	m.leaf("title", title, "id", id+"-t")
	m.leaf("desc", description, "id", id+"-d")
}

func (m *markup) html() template.HTML { return template.HTML(m.b.String()) } // #nosec G203 -- open and leaf escape

// coordinate writes a position with a tenth of a pixel.
func coordinate(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "0"
	}
	return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
}

// path builds the d attribute of a path.
type path struct{ b strings.Builder }

func (p *path) add(command string, points ...float64) *path {
	p.b.WriteString(command)
	for i, x := range points {
		if i > 0 {
			p.b.WriteByte(' ')
		}
		p.b.WriteString(coordinate(x))
	}
	return p
}

func (p *path) String() string { return p.b.String() }

// scale maps values onto pixels.
type scale struct{ low, high, from, to float64 }

func (s scale) at(x float64) float64 {
	if s.high == s.low {
		return (s.from + s.to) / 2
	}
	return s.from + (x-s.low)/(s.high-s.low)*(s.to-s.from)
}

// nice returns the step of 1, 2 or 5 times a power of ten that cuts a span into about n parts.
func nice(span float64, n int) float64 {
	if !(span > 0) || math.IsInf(span, 0) {
		return 1
	}
	raw := span / float64(n)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, k := range []float64{1, 2, 5, 10} {
		if raw <= k*power*1.0001 {
			return k * power
		}
	}
	return 10 * power
}

// ticks returns round values within a range.
func ticks(low, high float64, n int) []float64 {
	step := nice(high-low, n)
	var out []float64
	for i := math.Ceil(low/step - 1e-9); i*step <= high+step*1e-9 && len(out) < 50; i++ {
		out = append(out, i*step)
	}
	return out
}

// tick writes a value of an axis whose ticks are step apart.
func tick(x, step float64) string {
	if math.Abs(x) >= 1e4 {
		return short(x)
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	if math.Abs(x) < step/1e6 {
		return "0"
	}
	if digits > 5 {
		return figure(x)
	}
	return minus(strconv.FormatFloat(x, 'f', digits, 64))
}

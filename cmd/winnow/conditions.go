package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/spec"
)

// condition is one --where: a column, an operator and what the column is held against.
type condition struct {
	name, op, value string
	number          float64        // of < <= > >=
	pattern         *regexp.Regexp // of ~ and !~
}

// operators, longer ones first.
var operators = []string{"!=", "!~", "<=", ">=", "=", "~", "<", ">"}

func parseConditions(where []string) ([]condition, error) {
	var out []condition
	for _, w := range where {
		c, err := parseCondition(w)
		if err != nil {
			return nil, fmt.Errorf("--where %q: %w", w, err)
		}
		out = append(out, c)
	}
	return out, nil
}

// parseCondition cuts at the first operator, so that a value may hold any sign.
func parseCondition(w string) (c condition, err error) {
	at := strings.IndexAny(w, "!<>=~")
	if at > 0 {
		for _, op := range operators {
			if value, ok := strings.CutPrefix(w[at:], op); ok {
				c = condition{name: strings.TrimSpace(w[:at]), op: op, value: strings.TrimSpace(value)}
				break
			}
		}
	}
	switch c.op {
	case "":
		return c, fmt.Errorf("write it as column=value, with one of %s", strings.Join(operators, " "))
	case "<", "<=", ">", ">=":
		if c.number, err = strconv.ParseFloat(c.value, 64); err != nil {
			return c, fmt.Errorf("%s compares numbers; %q is none", c.op, c.value)
		}
	case "~", "!~":
		if c.pattern, err = regexp.Compile(c.value); err != nil {
			return c, err
		}
	}
	return c, nil
}

// matches reports whether a row meets all conditions. A column that the rows have not got is an error; one that is null in this row equals "" and is no number.
func matches(row *filters.Row, conditions []condition) (bool, error) {
	for i := range conditions {
		c := &conditions[i]
		if err := c.known(row); err != nil {
			return false, err
		}
		if !c.meets(row) {
			return false, nil
		}
	}
	return true, nil
}

func (c *condition) meets(row *filters.Row) bool {
	if c.pattern != nil {
		return c.pattern.MatchString(row.String(c.name)) == (c.op == "~")
	}
	switch c.op {
	case "=":
		return row.String(c.name) == c.value
	case "!=":
		return row.String(c.name) != c.value
	}
	x, err := strconv.ParseFloat(row.String(c.name), 64)
	if err != nil {
		return false
	}
	switch c.op {
	case "<":
		return x < c.number
	case "<=":
		return x <= c.number
	case ">":
		return x > c.number
	}
	return x >= c.number
}

// contentColumns may be absent from a row and present in one of another shape in the same file.
var contentColumns = []string{datasets.ColText, datasets.ColLabel, datasets.ColMessages, datasets.ColChosen, datasets.ColRejected, datasets.ColSourceText, datasets.ColTargetText}

func (c *condition) known(row *filters.Row) error {
	names := append([]string{datasets.ColID, datasets.ColSource}, row.Names()...)
	for _, p := range row.Pieces() {
		names = append(names, p.Column)
	}
	if slices.Contains(names, c.name) || slices.Contains(contentColumns, c.name) {
		return nil
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if near := spec.Nearest(c.name, names); near != "" {
		return fmt.Errorf("--where: rows have no column %q; did you mean %q?", c.name, near)
	}
	return fmt.Errorf("--where: rows have no column %q; there are %s", c.name, strings.Join(names, ", "))
}

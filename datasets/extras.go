package datasets

import (
	"fmt"
	"sort"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// fillMapping settles which column is what.
func (s *Source) fillMapping(l *Layout, seen []column) error {
	names := make([]string, len(seen))
	for i := range seen {
		names[i] = seen[i].name
	}
	for _, ours := range sortedKeys(s.Map) {
		if findColumn(seen, s.Map[ours]) < 0 {
			return fmt.Errorf("map: %s: there is no column %q%s", ours, s.Map[ours], didYouMean(s.Map[ours], names))
		}
	}
	for _, name := range sortedKeys(s.Types) {
		if findColumn(seen, name) < 0 {
			return fmt.Errorf("types: there is no column %q%s", name, didYouMean(name, names))
		}
	}
	mapping := map[string]string{}
	if l.Shapes = normalShapes(s.Map, s.shape(), seen); len(l.Shapes) > 0 {
		for _, shape := range l.Shapes {
			for _, c := range shape.ContentColumns() {
				mapping[c] = c
			}
		}
	} else {
		shape, found, err := contentMapping(s.Map, s.shape(), seen)
		switch {
		case err == nil:
			l.Shapes, mapping = []Shape{shape}, found
		case !s.loose:
			return err
		}
	}
	l.Mapping = mapping
	if i := findColumn(seen, ColSource); i >= 0 && s.loose && seen[i].kind == stringCell && !used(mapping, ColSource) {
		mapping[ColSource] = ColSource
	}
	if id := s.Map[ColID]; id != "" {
		mapping[ColID] = id
	} else {
		for _, c := range seen {
			if strings.EqualFold(c.name, ColID) && c.kind != nestedCell && !used(mapping, c.name) {
				mapping[ColID] = c.name
				break
			}
		}
	}
	return s.addExtras(l, seen, names)
}

// findColumn returns the index of a column by name, or of the nested column that a dotted name begins with; -1 when there is none.
func findColumn(seen []column, name string) int {
	for i := range seen {
		if seen[i].name == name {
			return i
		}
	}
	if head, _, dotted := strings.Cut(name, "."); dotted {
		for i := range seen {
			if seen[i].name == head && (seen[i].kind == nestedCell || seen[i].counts[nestedCell] > 0) {
				return i
			}
		}
	}
	return -1
}

// addExtras lists the extra columns: those that the map names itself, then the others in the order of the files.
func (s *Source) addExtras(l *Layout, seen []column, names []string) error {
	content := map[string]bool{}
	for _, theirs := range l.Mapping {
		content[theirs] = true
	}
	taken := map[string]bool{}
	add := func(ours string, theirs string, kind cellKind) {
		taken[ours] = true
		l.Mapping[ours] = theirs
		l.Extra = append(l.Extra, arrow.Field{Name: ours, Type: extraType(ours, kind), Nullable: true})
	}
	renamed := map[string]bool{}
	for _, ours := range sortedKeys(s.Map) {
		if isRole(ours) {
			continue
		}
		theirs := s.Map[ours]
		c := seen[findColumn(seen, theirs)]
		kind := c.kind
		if c.name != theirs { // inside a nested value: its type is not known, so it is kept as text
			kind = stringCell
			if k, ok := kindNames[s.Types[theirs]]; ok {
				kind = k
			}
		}
		add(ours, theirs, kind)
		renamed[theirs] = true
	}
	want := map[string]bool{}
	for _, name := range s.Columns {
		if findColumn(seen, name) < 0 {
			return fmt.Errorf("columns: there is no column %q%s", name, didYouMean(name, names))
		}
		want[name] = true
	}
	var left []string
	for _, c := range seen {
		if c.kind == binaryCell {
			if want[c.name] || renamed[c.name] || content[c.name] {
				return fmt.Errorf("the column %q cannot be carried: it holds %s", c.name, c.refused)
			}
			l.Notes = append(l.Notes, fmt.Sprintf("the column %q is left out: it holds %s", c.name, c.refused))
			continue
		}
		switch {
		case renamed[c.name], len(want) > 0 && !want[c.name], len(want) == 0 && content[c.name]:
			continue
		case c.kind == nestedCell && len(want) == 0:
			if !contentInside(content, c.name) {
				left = append(left, c.name)
			}
			continue
		}
		ours := c.name
		if IsContent(ours) || isRole(ours) && l.Mapping[ours] != "" || taken[ours] {
			ours = "original_" + c.name
			for taken[ours] {
				ours += "_"
			}
			if c.name != ColID || !content[c.name] {
				l.Notes = append(l.Notes, fmt.Sprintf("the column %q is kept as %q, as winnow uses that name itself", c.name, ours))
			}
		}
		add(ours, c.name, c.kind)
	}
	if len(left) > 0 {
		sort.Strings(left)
		l.Notes = append(l.Notes, fmt.Sprintf("nested columns left out: %s; name them in `columns` to keep them as JSON text", strings.Join(left, ", ")))
	}
	return nil
}

func contentInside(content map[string]bool, name string) bool {
	for c := range content {
		if strings.HasPrefix(c, name+".") {
			return true
		}
	}
	return false
}

// extraType is the Arrow type of an extra column. The columns that steps know by name have one type for all sources.
func extraType(name string, kind cellKind) arrow.DataType {
	switch name {
	case ColLang, ColSplit:
		return arrow.BinaryTypes.String
	case ColWeight:
		return arrow.PrimitiveTypes.Float64
	}
	switch kind {
	case intCell:
		return arrow.PrimitiveTypes.Int64
	case floatCell:
		return arrow.PrimitiveTypes.Float64
	case boolCell:
		return arrow.FixedWidthTypes.Boolean
	}
	return arrow.BinaryTypes.String
}

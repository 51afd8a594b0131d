package recipe

import (
	"fmt"
	"strconv"
	"strings"
)

// override applies the command line's `--set a.b.c=value` to the tree. A part of the path that meets a list is an index from 0 or the name of an entry.
func override(root *node, sets []string) []Mistake {
	var out []Mistake
	for _, set := range sets {
		if err := overrideOne(root, set); err != nil {
			out = append(out, Mistake{Message: fmt.Sprintf("--set %s: %v", set, err)})
		}
	}
	return out
}

func overrideOne(root *node, set string) error {
	path, text, ok := strings.Cut(set, "=")
	if !ok || path == "" {
		return fmt.Errorf("write it as path.to.key=value")
	}
	value, mistakes := parseYAML([]byte(text))
	if text == "" {
		value, mistakes = &node{kind: scalarNode, quoted: true}, nil
	}
	if len(mistakes) > 0 {
		return fmt.Errorf("%s", mistakes[0].Message)
	}
	strip(value)
	parts := splitPath(path)
	n := root
	for i, part := range parts {
		last := i == len(parts)-1
		var slot **node
		switch n.kind {
		case listNode:
			slot = listSlot(n, part)
			if slot == nil {
				return fmt.Errorf("%s has no entry %q", strings.Join(parts[:i], "."), part)
			}
		case mapNode, nullNode:
			n.kind = mapNode
			slot = mapSlot(n, part)
		default:
			return fmt.Errorf("%s is %s, not a map", strings.Join(parts[:i], "."), n.describe())
		}
		if last {
			*slot = value
			return nil
		}
		n = *slot
	}
	return nil
}

// splitPath cuts a path at its dots; a dot that belongs to a key is written \. there.
func splitPath(path string) []string {
	parts := []string{""}
	for i := 0; i < len(path); i++ {
		last := len(parts) - 1
		switch {
		case path[i] == '\\' && i+1 < len(path) && path[i+1] == '.':
			parts[last] += "."
			i++
		case path[i] == '.':
			parts = append(parts, "")
		default:
			parts[last] += path[i : i+1]
		}
	}
	return parts
}

func mapSlot(n *node, key string) **node {
	for i := range n.entries {
		if n.entries[i].key.text == key {
			return &n.entries[i].value
		}
	}
	n.entries = append(n.entries, entry{key: &node{text: key}, value: &node{kind: nullNode}})
	return &n.entries[len(n.entries)-1].value
}

// listSlot finds an entry of a list such as steps: by index, or by the name of the entry (`steps.dedup.similarity`).
func listSlot(n *node, part string) **node {
	at := -1
	if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(n.items) {
		at = i
	}
	for i, item := range n.items {
		if item.kind == scalarNode && item.text == part || item.kind == mapNode && len(item.entries) == 1 && item.entries[0].key.text == part {
			at = i
			break
		}
	}
	if at < 0 {
		return nil
	}
	item := n.items[at]
	switch {
	case item.kind == scalarNode: // `- pii` becomes `- pii: {}`
		n.items[at] = &node{kind: mapNode, line: item.line, column: item.column, width: item.width, entries: []entry{{key: item, value: &node{kind: nullNode}}}}
		return &n.items[at].entries[0].value
	case item.kind == mapNode && len(item.entries) == 1:
		return &item.entries[0].value
	}
	return &n.items[at]
}

// strip takes the positions off, so that messages do not point into the recipe's file.
func strip(n *node) {
	n.line, n.column, n.width = 0, 0, 0
	for _, i := range n.items {
		strip(i)
	}
	for _, e := range n.entries {
		strip(e.key)
		strip(e.value)
	}
}

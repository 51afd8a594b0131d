package filters

import (
	"fmt"
	"strings"
)

// OriginalID is the id of the row that a copy was made of: copies carry a suffix such as #cf.
func OriginalID(id string) string {
	id, _ = strings.CutSuffix(id, "#cf")
	return id
}

// DocumentID is the part of an id that all rows of one file share.
func DocumentID(id string) string {
	id = OriginalID(id)
	if i := strings.LastIndexByte(id, '#'); i >= 0 {
		return id[:i]
	}
	return id
}

// IDs is a list of rows and documents, for example what a model has been trained on.
type IDs map[string]bool

// ReadIDs reads a list from a file named in the recipe: ids of rows or of documents, one a line.
func ReadIDs(env Env, path string) (IDs, error) {
	data, err := env.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("except: %w", err)
	}
	ids := IDs{}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" {
			ids[line] = true
		}
	}
	return ids, nil
}

// Has tells whether the list names the row or its document.
func (l IDs) Has(row *Row) bool { return l[row.ID] || l[DocumentID(row.ID)] }

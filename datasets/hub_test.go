package datasets

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
)

// TestFolderLoads reads a written folder with the library that everyone reads data sets with.
func TestFolderLoads(t *testing.T) {
	schema := sampleSchema(t)
	dir := filepath.Join(t.TempDir(), "data")
	f, err := NewFolder(dir, schema, FolderOptions{ShardBytes: 20000})
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string][2]int{"train": {0, 300}, "validation": {300, 330}, "test": {330, 340}}
	for _, split := range []string{"validation", "train", "test"} {
		b := sampleBatch(schema, sizes[split][0], sizes[split][1])
		if err := f.Write(split, b.Record); err != nil {
			t.Fatal(err)
		}
		b.Release()
	}
	card := Card{Name: "Made: up", Summary: "Rows made by a test.", Languages: []string{"en", "zh"}, Licenses: []string{"MIT"}, Tasks: []string{"text-generation"},
		Sources: []CardSource{{Name: "made", License: "MIT", Location: "a|b.jsonl", RowsIn: 340, RowsOut: 340}}, Sections: []CardSection{{CardMotivation, "To be read."}}}
	if err := f.Close(card); err != nil {
		t.Fatal(err)
	}
	var got map[string]struct {
		Features map[string]string
		Rows     []map[string]any
	}
	if err := json.Unmarshal(python(t, []string{"datasets"}, "load_folder.py", dir), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 {
		t.Fatalf("%d splits", len(got))
	}
	t.Log(got["train"].Features)
	for split, size := range sizes {
		rows := got[split].Rows
		if len(rows) != size[1]-size[0] {
			t.Errorf("%s: %d rows, want %d", split, len(rows), size[1]-size[0])
			continue
		}
		want := sampleBatch(schema, size[0], size[1])
		for i, row := range rows {
			for j, field := range schema.Fields() {
				col := want.Record.Column(j)
				var value any
				if !col.IsNull(i) {
					value = col.GetOneForMarshal(i)
				}
				if list, ok := col.(*array.List); ok && !col.IsNull(i) {
					from, to := list.ValueOffsets(i)
					messages := []any{}
					for k := int(from); k < int(to); k++ {
						messages = append(messages, list.ListValues().GetOneForMarshal(k))
					}
					value = messages
				}
				a, _ := json.Marshal(row[field.Name])
				b, _ := json.Marshal(value)
				if string(a) != string(b) {
					t.Fatalf("%s row %d column %s: %s, want %s", split, i, field.Name, a, b)
				}
			}
		}
		want.Release()
	}
	for name, want := range map[string]string{"id": "Value('string')", "count": "Value('int64')", "score": "Value('float64')", "checked": "Value('bool')"} {
		if f := got["train"].Features[name]; f != want {
			t.Errorf("feature %s is %s, want %s", name, f, want)
		}
	}
	if f := fmt.Sprint(got["train"].Features["messages"]); f != "List({'role': Value('string'), 'content': Value('string')})" {
		t.Errorf("feature messages is %s", f)
	}
}

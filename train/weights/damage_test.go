package weights

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winnow/train/nn"
)

// after returns the place behind the only occurrence of key in data.
func after(t *testing.T, data []byte, key string) int {
	t.Helper()
	at := bytes.Index(data, []byte(key))
	if at < 0 || bytes.LastIndex(data, []byte(key)) != at {
		t.Fatalf("%q is not there once", key)
	}
	return at + len(key)
}

// A GGUF file whose parts contradict each other gives one error that names what is wrong; none takes the memory that it promises.
func TestDamagedGGUFIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := SaveGGUF(path, tinyModel(t, "llama"), GGUFOptions{Type: "f32"}); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	number := func(b []byte, key string, v uint32) []byte { // behind a key of the metadata stand its type (4 bytes) and its value
		binary.LittleEndian.PutUint32(b[after(t, b, key+"\x04\x00\x00\x00"):], v)
		return b
	}
	// behind a tensor's name stand its dimensions (4), two sizes (8 each), its type (4) and its offset (8)
	const sizes, kind, offset = 4, 20, 24
	for _, c := range []struct {
		name   string
		change func(b []byte) []byte
		want   string
	}{
		{"absurd layers", func(b []byte) []byte { return number(b, "llama.block_count", 1<<30) }, "layers cannot be made of"},
		{"absurd width", func(b []byte) []byte { return number(b, "llama.feed_forward_length", 1<<30) }, "the files hold only"},
		{"absurd heads", func(b []byte) []byte {
			return number(number(number(b, "llama.attention.head_count", 1<<20), "llama.attention.key_length", 1<<12), "llama.rope.dimension_count", 1<<12)
		}, "the files hold only"},
		{"another width", func(b []byte) []byte { return number(b, "llama.embedding_length", 32) }, "has shape"},
		{"more layers than there are", func(b []byte) []byte { return number(b, "llama.block_count", 3) }, `"blk.2.`},
		{"fewer layers than there are", func(b []byte) []byte { return number(b, "llama.block_count", 1) }, "not part of this architecture"},
		{"overlap", func(b []byte) []byte {
			binary.LittleEndian.PutUint64(b[after(t, b, "blk.0.attn_k.weight")+offset:], 0)
			return b
		}, "overlap"},
		{"beyond the file", func(b []byte) []byte {
			binary.LittleEndian.PutUint64(b[after(t, b, "blk.0.attn_k.weight")+offset:], uint64(len(b)/32*32-64))
			return b
		}, "beyond the file"},
		{"absurd tensor", func(b []byte) []byte {
			binary.LittleEndian.PutUint64(b[after(t, b, "blk.0.attn_k.weight")+sizes:], 1<<60)
			return b
		}, "more than the file can hold"},
		{"sizes whose product overflows", func(b []byte) []byte {
			at := after(t, b, "blk.0.attn_k.weight") + sizes
			binary.LittleEndian.PutUint64(b[at:], uint64(len(b)))
			binary.LittleEndian.PutUint64(b[at+8:], uint64(len(b)))
			return b
		}, "more than the file can hold"},
		{"unknown type", func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[after(t, b, "blk.0.attn_k.weight")+kind:], 10)
			return b
		}, "is not supported"},
		{"not a number", func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[len(b)-4:], math.Float32bits(float32(math.NaN())))
			return b
		}, "holds NaN at index"},
	} {
		if err := os.WriteFile(path, c.change(slices.Clone(good)), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// Folders whose configuration and weights contradict each other, and weights that are damaged.
func TestDamagedFolderIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		config [2]string // replaced in config.json
		change func(b []byte) []byte
		want   string
	}{
		{"absurd layers", [2]string{`"num_hidden_layers": 2`, `"num_hidden_layers": 1024`}, nil, "the files hold only"},
		{"layers beyond any model", [2]string{`"num_hidden_layers": 2`, `"num_hidden_layers": 9000000`}, nil, "num_hidden_layers"},
		{"absurd vocabulary", [2]string{`"vocab_size": 64`, `"vocab_size": 10000000`}, nil, "the files hold only"},
		{"absurd heads", [2]string{`"head_dim": 16`, `"head_dim": 4096`}, nil, "the files hold only"},
		{"another width", [2]string{`"intermediate_size": 96`, `"intermediate_size": 95`}, nil, "config.json and the weights differ"},
		{"negative", [2]string{`"hidden_size": 64`, `"hidden_size": -64`}, nil, "hidden_size"},
		{"no JSON", [2]string{`{`, `[`}, nil, "config.json"},
		{"cut off", [2]string{}, func(b []byte) []byte { return b[:len(b)/2] }, "was the download cut off?"},
		{"empty", [2]string{}, func(b []byte) []byte { return nil }, "fewer than the 8"},
		{"an error page", [2]string{}, func(b []byte) []byte { return []byte("<!DOCTYPE html><html>404</html>") }, "header"},
		{"not a number", [2]string{}, func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[len(b)-4:], math.Float32bits(float32(math.Inf(1))))
			return b
		}, "holds +Inf at index"},
	} {
		dir := t.TempDir()
		if err := Save(dir, tinyModel(t, "llama"), SaveOptions{}); err != nil {
			t.Fatal(err)
		}
		edit(t, filepath.Join(dir, configFile), func(b []byte) []byte {
			if !bytes.Contains(b, []byte(c.config[0])) {
				t.Fatalf("%s: config.json holds no %q", c.name, c.config[0])
			}
			return bytes.Replace(b, []byte(c.config[0]), []byte(c.config[1]), 1)
		})
		if c.change != nil {
			edit(t, filepath.Join(dir, weightsFile), c.change)
		}
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestDamagedAdapterIsRefused(t *testing.T) {
	m := tinyModel(t, "llama")
	lora := nn.LoRAConfig{Rank: 4, Alpha: 8, Targets: []string{"q_proj"}, Seed: 3}
	if err := m.AddLoRA(lora); err != nil {
		t.Fatal(err)
	}
	good := t.TempDir()
	if err := WriteAdapter(good, m, lora, ""); err != nil {
		t.Fatal(err)
	}
	replace := func(from, to string) func(b []byte) []byte {
		return func(b []byte) []byte {
			if !bytes.Contains(b, []byte(from)) {
				t.Fatalf("%q is not there", from)
			}
			return bytes.Replace(b, []byte(from), []byte(to), 1)
		}
	}
	for _, c := range []struct {
		name, file string
		change     func(b []byte) []byte
		want       string
	}{
		{"absurd rank", adapterConfigFile, replace(`"r": 4`, `"r": 60000`), "says that r is 60000"},
		{"another rank", adapterConfigFile, replace(`"r": 4`, `"r": 8`), "has shape [4 64]"},
		{"no JSON", adapterConfigFile, func([]byte) []byte { return []byte("404: Not Found") }, adapterConfigFile},
		{"cut off", adapterWeightsFile, func(b []byte) []byte { return b[:len(b)-10] }, "was the download cut off?"},
		{"not a number", adapterWeightsFile, func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[len(b)-4:], math.Float32bits(float32(math.NaN())))
			return b
		}, "holds NaN"},
		{"a layer too many", adapterWeightsFile, replace("layers.1.self_attn.q_proj.lora_A", "layers.7.self_attn.q_proj.lora_A"), "base model and this model differ"},
		{"another module", adapterWeightsFile, replace("layers.1.self_attn.q_proj.lora_A", "layers.1.self_attn.x_proj.lora_A"), `"x_proj"`},
		{"no LoRA matrix", adapterWeightsFile, replace("self_attn.q_proj.lora_A.weight", "self_attn.q_proj.lora_Z.weight"), "is no LoRA matrix"},
	} {
		dir := t.TempDir()
		for _, name := range []string{adapterConfigFile, adapterWeightsFile} {
			data, err := os.ReadFile(filepath.Join(good, name))
			if err != nil {
				t.Fatal(err)
			}
			if name == c.file {
				data = c.change(data)
			}
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ReadAdapter(dir, tinyModel(t, "llama")); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

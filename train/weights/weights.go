// Package weights reads and writes the files that hold a model's parameters: safetensors (one file, or shards with an index), PEFT adapters,
// whole Hugging Face model folders, and GGUF. Nothing here computes with a model; it moves numbers between files and train/nn.
//
// Start at [Load] (a folder or a .gguf file becomes an *nn.Model), [Save] (the other way, an adapter merged in) and [ReadAdapter],
// [WriteAdapter]. Underneath lie [Open] and [Write] for single safetensors files.
//
// Every reader treats the file as hostile: each length, offset, shape and type is checked against the file's true size before it is used, and
// a value that is not finite is refused with the tensor's name and position. Files are mapped into memory, not copied. Writers put a file
// in place whole (temporary file, sync, rename).
package weights

import (
	"fmt"
	"math"
)

// DType is the storage type of a tensor, spelled as safetensors spells it.
type DType string

// The storage types that parameters can be read from and written to.
const (
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I32  DType = "I32"
)

// size returns the bytes of one element, and 0 for a type unknown to the format (huggingface/safetensors, Dtype).
func (d DType) size() int {
	switch d {
	case F32, I32, "U32":
		return 4
	case F16, BF16, "I16", "U16":
		return 2
	case "F64", "I64", "U64", "C64":
		return 8
	case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0":
		return 1
	}
	return 0
}

// ParseDType turns what a recipe or config.json says ("fp32", "float16", "bf16", …) into the type to store weights in.
func ParseDType(s string) (DType, error) {
	switch s {
	case "fp32", "f32", "float32", "F32":
		return F32, nil
	case "fp16", "f16", "float16", "F16":
		return F16, nil
	case "bf16", "bfloat16", "BF16":
		return BF16, nil
	}
	return "", fmt.Errorf("unknown storage type %q: write fp32, fp16 or bf16", s)
}

// torchName is the type's name in config.json.
func (d DType) torchName() string {
	switch d {
	case F16:
		return "float16"
	case BF16:
		return "bfloat16"
	}
	return "float32"
}

// elements multiplies a shape, refusing negative sizes and products beyond what any file can hold. An empty shape is a scalar.
func elements(shape []int) (int, error) {
	n := 1
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("shape %v has a negative size", shape)
		}
		if d != 0 && n > math.MaxInt64/8/d {
			return 0, fmt.Errorf("shape %v overflows", shape)
		}
		n *= d
	}
	return n, nil
}

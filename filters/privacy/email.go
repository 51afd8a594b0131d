package privacy

import "bytes"

// notTLD are endings of file names that follow an @ in image names such as icon@2x.png.
var notTLD = map[string]bool{"png": true, "jpg": true, "jpeg": true, "gif": true, "svg": true, "webp": true, "css": true, "js": true, "html": true, "php": true, "pdf": true}

// email grows an address both ways from the @ at i (a subset of RFC 5321: dot-atoms on the left, host names of ASCII labels on the right, a top level of letters)
// and returns where the walk goes on.
func (s *Scanner) email(i int) int {
	if !s.Kinds.has(Email) {
		return i + 1
	}
	b := s.b
	start := i
	for low := max(s.free(), i-64); start > low && class[b[start-1]]&isLocal != 0; {
		start--
	}
	for start < i && !alnum(b[start]) && b[start] != '_' {
		start++
	}
	if start == i || b[i-1] == '.' || bytes.Contains(b[start:i], []byte("..")) {
		return i + 1
	}
	end, dot, label := i+1, -1, i+1
	for end < len(b) && end-i <= 255 {
		c := b[end]
		if alnum(c) {
			end++
			continue
		}
		if (c == '-' || c == '.') && end > label && alnum(s.at(end+1)) {
			if c == '.' {
				dot, label = end, end+1
			}
			end++
			continue
		}
		break
	}
	if dot < 0 {
		return i + 1
	}
	// The last label must be letters: cut what is not, as in "a@b.com.2x".
	tld := b[dot+1 : end]
	if len(tld) < 2 || len(tld) > 24 || b[end-1] == '-' {
		return i + 1
	}
	for _, c := range tld {
		if digit(c) || c == '-' && !bytes.HasPrefix(tld, []byte("xn--")) {
			return i + 1
		}
	}
	if notTLD[string(bytes.ToLower(tld))] {
		return i + 1
	}
	if string(b[start:i]) == "git" && s.at(end) == ':' { // the remote of a repository
		return end
	}
	return s.add(Email, start, end)
}

package dialogue

import "strconv"

// sizes are those of the files, in bytes.
var sizes = [...]int{0, 1, 100, 1000, 4096, 16384, 65536, 262144, most}

// fileBodies is the number of the first file's body. No link has as many.
const fileBodies = 1 << 24

// A File is one that an HTTP server has in its document root.
type File struct {
	// Name is its path without the first slash. Contents belong to the caller.
	Name     string
	Contents []byte
}

// Files are those that the client of the dialogue http asks for: /f/0 to /f/1048576. The name is
// the size. The program must serve them for GET, by any media type, and not compress them.
func Files() []File {
	files := make([]File, len(sizes))
	for i, size := range sizes {
		b := fileBody(i)
		files[i] = File{Name: "f/" + strconv.Itoa(size), Contents: b.appendTo(nil, size)}
	}
	return files
}

// fileBody is what is in a file of the table.
func fileBody(i int) body { return bodyOf(fileBodies+i, sizes[i]) }

// nearestFile is the file whose size is nearest to a wanted one. Of two as near it is the smaller.
func nearestFile(size int) (best int) {
	for i := range sizes {
		if max(sizes[i]-size, size-sizes[i]) < max(sizes[best]-size, size-sizes[best]) {
			best = i
		}
	}
	return best
}

// fileAt is the file with that path, -1 if there is none.
func fileAt(path []byte) int {
	var name [16]byte
	for i, size := range sizes {
		if string(path) == string(strconv.AppendInt(append(name[:0], "/f/"...), int64(size), 10)) {
			return i
		}
	}
	return -1
}

"""Whether each of two calls reads which thread it is on, also after something that the compiler does not know: the
disassembly of call_twice() in an object or a shared library.

  python3 tests/fibers/loads.py OBJDUMP FILE
"""
import re
import subprocess
import sys

# By what objdump calls the file's format.
READ = {
    "elf64-x86-64": r"mov\s+%fs:0x0,",
    "elf64-littleaarch64": r"mrs\s+x\d+, tpidr_el0",
    "elf32-i386": r"mov\s+%gs:0x0,",
    "elf64-s390": r"ear\s+%r\d+,%a0",
}


def main(objdump, file):
    text = subprocess.run([objdump, "-dr", "--no-show-raw-insn", "--disassemble=call_twice", file], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    read = READ[re.search(r"file format (\S+)", text).group(1)]
    lines = [line for line in text.splitlines() if re.match(r"\s+[0-9a-f]+:", line)]
    reads = [i for i, line in enumerate(lines) if re.search(read, line)]
    between = [i for i, line in enumerate(lines) if re.search(r"\bopaque\b", line)]
    good = len(reads) == 2 and len(between) > 0 and reads[0] < between[0] and between[-1] < reads[1]
    print("\n".join(lines) if not good else "read again after what is not known")
    return 0 if good else 1


sys.exit(main(*sys.argv[1:]))

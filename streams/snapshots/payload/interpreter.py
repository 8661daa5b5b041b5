"""Reads a payload: an interpreter of our own for the opcodes of pickle that the pickler of snapshots writes.

Python's unpickler cannot be asked before it writes to an object, and what it writes to may be a class, a function or
the worker's own gauge: by that, a payload of admitted names alone could run anything. Here whatever opcodes can do to
an object is looked at by the very code that does it, so there is no second reading to disagree with. Of pickle's 68
opcodes 43 are known. Those that write, write to containers made here, or once to an instance made here, as
`streams.snapshots.payload.permits` allows for its class; those that call, call what stands there. Names are exact
pairs of that table. It takes some three times as long as Python's own, which a restore can bear.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from struct import Struct
from typing import Any, Final

from streams.snapshots.payload.forgery import forged
from streams.snapshots.payload.permits import Permits

_START: Final = b"\x80\x05"
_U2, _I4, _U4, _U8, _F8 = (Struct(code).unpack_from for code in ("<H", "<i", "<I", "<Q", ">d"))
_MAPPINGS: Final = frozenset({dict, OrderedDict, defaultdict})
_SEQUENCES: Final = frozenset({list, deque})
_PLAIN: Final = frozenset({str, int, float, bool, bytes, type(None)})


class Interpreter:
    """One payload at work.

    Parameters
    ----------
    payload
        A pickle of protocol 5.
    permits
        What it may do.
    """

    def __init__(self, payload: bytes, permits: Permits) -> None:
        self._data = payload
        self._at = 0
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: list[Any] = []
        self._stateless: dict[int, Any] = {}
        """Instances that were made and may be given a state, by id."""
        self._permits = permits

    def read(self) -> Any:
        """What the payload holds.

        Raises
        ------
        SnapshotRefusedError
            If it does or names what it may not.
        Exception
            Anything else, if it is no pickle or does not fit the classes.
        """
        data, memo = self._data, self._memo
        if data[:2] != _START:
            forged("another protocol of pickle")
        at, stack, deeds = 2, self._stack, self._deeds()
        while True:
            op = data[at]
            at += 1
            # Half of all that a forest's state consists of are the numbers of its random generators.
            if op == 0x4A:  # BININT
                stack.append(_I4(data, at)[0])
                at += 4
            elif op == 0x8A:  # LONG1
                end = at + 1 + data[at]
                stack.append(int.from_bytes(data[at + 1 : end], "little", signed=True))
                at = end
            elif op == 0x94:  # MEMOIZE
                memo.append(stack[-1])
            elif op == 0x4B:  # BININT1
                stack.append(data[at])
                at += 1
            elif op == 0x68:  # BINGET
                stack.append(memo[data[at]])
                at += 1
            elif op == 0x6A:  # LONG_BINGET
                stack.append(memo[_U4(data, at)[0]])
                at += 4
            elif op == 0x2E:  # STOP
                break
            else:
                self._at = at
                deed = deeds[op]
                if deed is None:
                    forged(f"opcode {bytes([op])!r}")
                deed()
                at, stack = self._at, self._stack
        if at != len(data) or len(stack) != 1 or self._below:
            forged("more than one state")
        for instance in self._stateless.values():
            if self._permits.required.get(type(instance)):
                forged(f"{_described(instance)} without any attribute")
        return stack[0]

    def _deeds(self) -> list[Callable[[], None] | None]:
        """By opcode; every other opcode is refused."""
        deeds: list[Callable[[], None] | None] = [None] * 256
        for code, deed in {
            "\x95": self._frame,
            "(": self._mark,
            "0": self._pop,
            "1": self._pop_mark,
            "N": lambda: self._stack.append(None),
            "\x88": lambda: self._stack.append(True),
            "\x89": lambda: self._stack.append(False),
            "M": lambda: self._stack.append(_U2(self._taken(2))[0]),
            "G": lambda: self._stack.append(_F8(self._taken(8))[0]),
            "\x8b": lambda: self._stack.append(int.from_bytes(self._taken(self._length(4)), "little", signed=True)),
            "\x8c": lambda: self._text(1),
            "X": lambda: self._text(4),
            "\x8d": lambda: self._text(8),
            "C": lambda: self._stack.append(self._taken(self._length(1))),
            "B": lambda: self._stack.append(self._taken(self._length(4))),
            "\x8e": lambda: self._stack.append(self._taken(self._length(8))),
            "\x96": lambda: self._stack.append(bytearray(self._taken(self._length(8)))),
            ")": lambda: self._stack.append(()),
            "]": lambda: self._stack.append([]),
            "}": lambda: self._stack.append({}),
            "\x8f": lambda: self._stack.append(set()),
            "\x85": lambda: self._tuple(1),
            "\x86": lambda: self._tuple(2),
            "\x87": lambda: self._tuple(3),
            "t": self._tuple_since_mark,
            "\x91": self._frozenset,
            "a": lambda: self._extend([self._stack.pop()]),
            "e": lambda: self._extend(self._since_mark()),
            "s": lambda: self._update([*self._popped(2)]),
            "u": lambda: self._update(self._since_mark()),
            "\x90": self._add,
            "\x93": self._name,
            "R": self._call,
            "\x81": self._make,
            "\x92": self._make_with_keywords,
            "b": self._give_state,
        }.items():
            deeds[ord(code)] = deed
        return deeds

    # -- bytes and stack ----------------------------------------------------------------------------------------------

    def _taken(self, count: int) -> bytes:
        end = self._at + count
        taken = self._data[self._at : end]
        if len(taken) != count:
            forged("a length beyond its end")
        self._at = end
        return taken

    def _length(self, size: int) -> int:
        return int.from_bytes(self._taken(size), "little")

    def _popped(self, count: int) -> list[Any]:
        popped = self._stack[-count:]
        if len(popped) != count:
            forged("less on its stack than it takes")
        del self._stack[-count:]
        return popped

    def _frame(self) -> None:
        self._taken(8)

    def _mark(self) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._below.pop()
        return items

    def _pop(self) -> None:
        self._stack.pop()

    def _pop_mark(self) -> None:
        self._since_mark()

    def _text(self, size: int) -> None:
        self._stack.append(self._taken(self._length(size)).decode("utf-8", "surrogatepass"))

    def _tuple(self, count: int) -> None:
        self._stack.append(tuple(self._popped(count)))

    def _tuple_since_mark(self) -> None:
        parts = tuple(self._since_mark())
        self._stack.append(parts)

    # -- what writes --------------------------------------------------------------------------------------------------

    def _keys(self, keys: list[Any]) -> None:
        if not set(map(type, keys)) <= _PLAIN:
            for key in keys:
                self._permits.key(key)

    def _frozenset(self) -> None:
        members = self._since_mark()
        self._keys(members)
        self._stack.append(frozenset(members))

    def _add(self) -> None:
        members, target = self._since_mark(), self._stack[-1]
        self._keys(members)
        if type(target) is not set:
            self._own(target, "add members to")
        for member in members:
            target.add(member)

    def _extend(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) not in _SEQUENCES:
            self._own(target, "append to")
        for item in items:
            target.append(item)

    def _update(self, items: list[Any]) -> None:
        target, keys = self._stack[-1], items[::2]
        if len(keys) * 2 != len(items):
            forged("a key without a value")
        self._keys(keys)
        if type(target) not in _MAPPINGS:
            self._own(target, "set items of")
        for key, value in zip(keys, items[1::2], strict=True):
            target[key] = value

    def _own(self, target: Any, what: str) -> None:
        """A container of a user's own class is written to before it is given its state, or it is not the pickler's."""
        if type(target) not in self._permits.vouched or id(target) not in self._stateless:
            forged(f"an attempt to {what} a {type(target).__qualname__}")

    # -- what makes and calls -----------------------------------------------------------------------------------------

    def _name(self) -> None:
        self._stack.append(self._permits.named(*self._popped(2)))

    def _call(self) -> None:
        called, args = self._popped(2)
        call = self._permits.calls.get(id(called))
        if call is None or type(args) is not tuple:
            forged(f"a call of {_described(called)}")
        self._push_new(call(args))

    def _make(self) -> None:
        cls, args = self._popped(2)
        self._made(cls, args, {})

    def _make_with_keywords(self) -> None:
        cls, args, keywords = self._popped(3)
        if type(keywords) is not dict or cls not in self._permits.vouched:
            forged(f"keywords for {_described(cls)}")
        self._made(cls, args, keywords)

    def _made(self, cls: Any, args: Any, keywords: dict[str, Any]) -> None:
        make = self._permits.made.get(id(cls))
        if make is None or type(args) is not tuple:
            forged(f"an instance of {_described(cls)}")
        self._push_new(make(cls, *args, **keywords))

    def _push_new(self, instance: Any) -> None:
        self._stack.append(instance)
        if type(instance) in self._permits.states:
            self._stateless[id(instance)] = instance

    def _give_state(self) -> None:
        state = self._stack.pop()
        instance = self._stack[-1]
        if self._stateless.pop(id(instance), None) is None:
            forged(f"a state for {_described(instance)}")
        self._permits.states[type(instance)](instance, state)


def _described(thing: Any) -> str:
    if isinstance(thing, type):
        return f"the class {thing.__module__}.{thing.__qualname__}"
    return f"a {type(thing).__module__}.{type(thing).__qualname__}"

// Frames between the engine and this process: see invocations/engine/protocol.py.

using System;
using System.IO;
using System.Threading;

namespace Serin
{
    internal static class Kind
    {
        public const byte Start = 1, Invoke = 2, Http = 3, HttpOpen = 4, Body = 5, Gone = 6;
        public const byte Hello = 16, Ready = 17, Ok = 32, Handled = 33, Exception = 34, Load = 35, Init = 36, Memory = 37;
        public const byte HttpAnswer = 38, Begin = 39, Chunk = 40;
    }

    /// <summary>One frame, header and all.</summary>
    internal sealed class Frame
    {
        public const int HeaderBytes = 13;

        public readonly byte[] Data;

        public Frame(byte[] data)
        {
            Data = data;
        }

        public byte Kind => Data[12];
        public ulong Sequence => BitConverter.ToUInt64(Data, 4);

        public byte[] SequenceBytes()
        {
            var bytes = new byte[8];
            Buffer.BlockCopy(Data, 4, bytes, 0, 8);
            return bytes;
        }
    }

    /// <summary>Frames in and out over the blocking socket. Reading is for one thread at a time.</summary>
    internal sealed class Channel
    {
        private readonly int descriptor;
        private readonly object writing = new object();
        private readonly byte[] header = new byte[Frame.HeaderBytes];

        public Channel(int descriptor)
        {
            this.descriptor = descriptor;
            // A child must not hold the socket open after this process's death, nor speak in its name.
            Native.CloseOnExec(descriptor);
        }

        /// <summary>The next frame, whole; ends the process when the engine is gone.</summary>
        public Frame Receive()
        {
            Fill(header, 0, Frame.HeaderBytes);
            var data = new byte[BitConverter.ToInt32(header, 0) + 4];
            Buffer.BlockCopy(header, 0, data, 0, Frame.HeaderBytes);
            Fill(data, Frame.HeaderBytes, data.Length);
            return new Frame(data);
        }

        /// <summary>Whether something can be received at once.</summary>
        public bool HasMore() => Native.IsReadable(descriptor);

        /// <summary>The end of a call: microseconds, largest resident set in kB, payload.</summary>
        public void Answer(byte kind, byte[] sequence, long microseconds, ArraySegment<byte>? payload)
        {
            var figures = new byte[8];
            Put(figures, 0, (uint)Math.Min(microseconds, uint.MaxValue));
            Put(figures, 4, (uint)Native.MaxResidentKb());
            Send(kind, sequence, figures, payload ?? default(ArraySegment<byte>));
        }

        /// <summary>Two parts of one frame's body. Parts that are small are joined to one write.</summary>
        public void Send(byte kind, byte[] sequence, byte[] first, ArraySegment<byte> second)
        {
            int head = Frame.HeaderBytes + first.Length;
            bool joined = second.Count <= 64 * 1024;
            var data = new byte[joined ? head + second.Count : head];
            Put(data, 0, (uint)(head - 4 + second.Count));
            Buffer.BlockCopy(sequence, 0, data, 4, 8);
            data[12] = kind;
            Buffer.BlockCopy(first, 0, data, Frame.HeaderBytes, first.Length);
            if (joined && second.Count > 0)
                Buffer.BlockCopy(second.Array, second.Offset, data, head, second.Count);
            lock (writing)
            {
                Native.WriteAll(descriptor, data, 0, data.Length);
                if (!joined)
                    Native.WriteAll(descriptor, second.Array, second.Offset, second.Count);
            }
        }

        public static void Put(byte[] data, int offset, uint number)
        {
            data[offset] = (byte)number;
            data[offset + 1] = (byte)(number >> 8);
            data[offset + 2] = (byte)(number >> 16);
            data[offset + 3] = (byte)(number >> 24);
        }

        private void Fill(byte[] data, int start, int end)
        {
            while (start < end)
            {
                int count = Native.Read(descriptor, data, start, end - start);
                if (count <= 0)
                    Native.Exit(0);
                start += count;
            }
        }
    }
}

// What the kernel is asked for directly.

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Serin
{
    internal static unsafe class Native
    {
        private const string Libc = "libc.so.6";
        private const int Interrupted = 4;
        private const int FileSize = 1, Data = 2, Core = 4, Processes = 6, Files = 7;
        private const long SlackBytes = 512L << 20;

        [StructLayout(LayoutKind.Sequential)]
        private struct Range
        {
            public ulong Soft, Hard;
        }

        [StructLayout(LayoutKind.Sequential)]
        private struct PollEntry
        {
            public int Descriptor;
            public short Events, Returned;
        }

        [DllImport(Libc, SetLastError = true)]
        private static extern IntPtr read(int descriptor, byte* data, IntPtr size);

        [DllImport(Libc, SetLastError = true)]
        private static extern IntPtr write(int descriptor, byte* data, IntPtr size);

        [DllImport(Libc)]
        private static extern int open(string path, int flags);

        [DllImport(Libc)]
        private static extern int access(string path, int mode);

        [DllImport(Libc)]
        private static extern int close(int descriptor);

        [DllImport(Libc)]
        private static extern int clock_gettime(int clock, long* time);

        [DllImport(Libc)]
        private static extern int getrlimit(int limit, Range* range);

        [DllImport(Libc)]
        private static extern int setrlimit(int limit, Range* range);

        [DllImport(Libc)]
        private static extern int getrusage(int who, long* usage);

        [DllImport(Libc)]
        private static extern int fcntl(int descriptor, int command, int argument);

        [DllImport(Libc)]
        private static extern int poll(PollEntry* entries, ulong count, int timeout);

        [DllImport(Libc)]
        private static extern int clearenv();

        [DllImport(Libc)]
        private static extern int setenv(string name, string value, int overwrite);

        [DllImport(Libc)]
        private static extern int chdir(string path);

        [DllImport(Libc)]
        private static extern void tzset();

        [DllImport(Libc)]
        private static extern void _exit(int status);

        /// <summary>The limits of every instance. When memory runs out, the kernel should choose a function.</summary>
        public static void Limit()
        {
            SetLimit(Processes, 256);
            SetLimit(Files, 1024);
            SetLimit(FileSize, 512UL << 20);
            SetLimit(Core, 0);
            int file = open("/proc/self/oom_score_adj", 1);
            WriteAll(file, new[] { (byte)'1', (byte)'0', (byte)'0', (byte)'0' }, 0, 4);
            close(file);
        }

        /// <summary>The engine samples and ends what grows too large; this is the backstop for what grows too fast.</summary>
        public static void LimitMemory(int megabytes) => SetLimit(Data, (ulong)(((long)megabytes << 20) + SlackBytes));

        public static int Read(int descriptor, byte[] data, int offset, int count)
        {
            fixed (byte* start = data)
            {
                while (true)
                {
                    int done = (int)read(descriptor, start + offset, (IntPtr)count);
                    if (done >= 0 || Marshal.GetLastWin32Error() != Interrupted)
                        return done;
                }
            }
        }

        /// <summary>False when the descriptor takes no more, for it is closed or was replaced.</summary>
        public static bool WriteAll(int descriptor, byte[] data, int offset, int count)
        {
            fixed (byte* start = data)
            {
                while (count > 0)
                {
                    int done = (int)write(descriptor, start + offset, (IntPtr)count);
                    if (done < 0 && Marshal.GetLastWin32Error() != Interrupted)
                        return false;
                    offset += Math.Max(done, 0);
                    count -= Math.Max(done, 0);
                }
            }
            return true;
        }

        public static bool IsReadable(int descriptor)
        {
            var entry = new PollEntry { Descriptor = descriptor, Events = 1 };
            return poll(&entry, 1, 0) > 0;
        }

        /// <summary>Of a clock that nobody sets. Stopwatch would load an assembly that most functions do not need.</summary>
        public static long Microseconds()
        {
            long* time = stackalloc long[2];
            clock_gettime(1, time);
            return time[0] * 1000000 + time[1] / 1000;
        }

        public static long MaxResidentKb()
        {
            long* usage = stackalloc long[18];
            getrusage(0, usage);
            return usage[4];
        }

        /// <summary>File.Exists would load eight libraries.</summary>
        public static bool Exists(string path) => access(path, 0) == 0;

        public static void CloseOnExec(int descriptor) => fcntl(descriptor, 2, 1);

        /// <summary>Take a folder for the current one, and names and values in turn for the environment.</summary>
        public static void Become(string folder, List<string> environment, int first)
        {
            clearenv();
            for (int at = first; at + 1 < environment.Count; at += 2)
                setenv(environment[at], environment[at + 1], 1);
            tzset();
            chdir(folder);
        }

        public static void Exit(int status) => _exit(status);

        private static void SetLimit(int limit, ulong value)
        {
            Range range;
            getrlimit(limit, &range);
            range.Soft = range.Hard = Math.Min(value, range.Hard);
            setrlimit(limit, &range);
        }
    }
}
